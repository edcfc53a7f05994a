"""For each rule what it finds, and what looks like it and is something else. ``«»`` marks what is masked.

Keys are put together here, so that scanners of repositories do not take them for real ones.
"""

_KEY = "a8Fh2kLmN4pQ7rS9tUvWxYz123"
_HEX = "f3a9c1d27b8e4f60a1b2c3d4e5f60718"
_JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"

FOUND: dict[str, tuple[str, ...]] = {
    "private_key": (
        "«-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----»\nend",
        "«-----BEGIN PRIVATE KEY-----\\nMIIEpAIB+/\\n-----END PRIVATE KEY-----»",
        "«-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU»",
    ),
    "anthropic_key": ("key «sk-" + f"ant-api03-{_KEY}»",),
    "openai_key": ("«sk-" + f"proj-{_KEY}»", "a\n«sk-" + f"{_KEY}» b"),
    "aws_key": ("id=«AKIA" + "IOSFODNN7EXAMPLE»", "«ASIA" + "Y34FZKBOKMUTVV7A»,"),
    "github_token": ("«ghp_" + "a1B2" * 9 + "»", "«github_pat_" + "11ABCDEFG0" * 5 + "»"),
    "gitlab_token": ("«glpat-" + "x7Kd93kfPq2mZ81vLwYt»",),
    "slack_token": (
        "«xoxb-" + "123456789012-abcdefABCDEF»",
        "https://«hooks.slack.com/services/" + "T000/B000/XXXXXXXXXX»",
    ),
    "google_key": ("«AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q»",),
    "stripe_key": ("«sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc»", "«whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw»"),
    "service_token": ("«hf_" + "AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGh»", "«gsk_" + "a1B2" * 13 + "»"),
    "genyard_key": (f"«gy_01a206a6-8da7-7cda-82e9-207db3f42cf4_{'fca471a3' * 8}»", f"«gy_local_{'0a' * 32}»"),
    "jwt": (f"cookie «{_JWT}»;",),
    "bearer_token": (
        "Authorization: Bearer «abcdef1234567890ABCD»",
        "curl -H 'authorization: bearer «0123456789abcdef.xyz»'",
    ),
    "basic_login": ("Authorization: Basic «YWxhZGRpbjpvcGVuc2VzYW1l»",),
    "url_login": ("postgres://app:«s3cr3t»@db:5432/x", "redis://:«pw»@cache"),
    "query_secret": ("GET /v1?access_token=«abcd»&x=1", "https://h/?q=1&password=«letmein»#top"),
    "password": ("password=«hunter2345»", "DB_PASSWORD: '«c0rrect!horse»'", 'the "passwd" => "«Tr0ub4dor&3»"'),
    "secret": (
        f"api_key=«{_HEX}»",
        "client_secret: '«9f-aZ81kQ_7LmX2pW0vT»'",
        "AWS_SECRET_ACCESS_KEY=«wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY»",
        "my token = «q7Zk2mX9vL4tW8pR3nB6»",
    ),
    "email": ("to «ann.lee+x@mail.example.co.uk».", "<«josé@exämple.com»>", "«a@b.de»"),
    "card": (
        "card «4111 1111 1111 1111» exp",
        "«5555555555554444»",
        "«3782 822463 10005»",
        "ref 12 «6011-1111-1111-1117» x",
        "«30569309025904»",
    ),
    "iban": (
        "IBAN «DE89 3704 0044 0532 0130 00» please",
        "«GB82WEST12345698765432».",
        "to «FR14 2004 1010 0505 0001 3M02 606», thanks",
        "«no9386011117947»",
    ),
    "phone": (
        "call «+49 170 1234567» or «+1 (212) 555-0123»",
        "«(212) 555-0123», «212-555-0123», «212.555.0123»",
        "«01 23 45 67 89»",
        "ring «020 7946 0018» or «0171-1234567» or «030/123456»",
    ),
    "ip_address": ("from «10.1.2.3»:80", "«2001:db8::8a2e:370:7334»"),
    "us_ssn": ("SSN «078-05-1120»",),
    "uk_nino": ("«AB123456C», «AB 12 34 56 C»",),
    "fr_nir": ("NIR «1 84 12 76 451 089 46»",),
    "es_dni": ("DNI «12345678Z», NIE «X1234567L»",),
    "it_codice_fiscale": ("cf «RSSMRA85T10A562S»",),
    "be_nrn": ("«85.07.30-033.28»",),
    "se_personnummer": ("«811218-9876»",),
    "fi_hetu": ("«131052-308T»",),
    "ch_ahv": ("AHV «756.9217.0769.85»",),
    "br_cpf": ("CPF «529.982.247-25»",),
    "de_tax_id": ("Steuer-ID: «86 095 742 719»", "IdNr. «86095742719»"),
    "nl_bsn": ("BSN «111222333»", "burgerservicenummer is «123456782»"),
    "pl_pesel": ("PESEL: «44051401359»",),
    "in_aadhaar": ("Aadhaar no. «2341 2341 2346»",),
    "ca_sin": ("SIN: «130 692 544»",),
}

LEFT: tuple[str, ...] = (
    "550e8400-e29b-41d4-a716-446655440000",
    "sha256:" + "ab12cd34" * 8,
    "4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7",
    "2026-11-28T02:06:11.123456Z took 1795408822858544513 ns, 12.50 s, 1,234,567 tokens",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "max_tokens=1024 input_tokens: 123456789 tokenizer: gpt-4o-mini-2024-07-18-and-more",
    "next_page_token=q7Zk2mX9vL4tW8pR3nB6",
    "password: must contain at least 8 characters; the password is required|string|min:8",
    'password=${DB_PASSWORD} api_key=os.environ["OPENAI_API_KEY"] token: YOUR_TOKEN_GOES_HERE',
    "the bearer of this letter; Basic authentication; Bearer authentication-is-needed",
    "sk-learn-is-not-a-key-but-a-library sk-something-else-altogether",
    "icon@2x.png git@github.com:org/repo lodash@4.17 @decorator user@host",
    "https://example.com:8080/a?b=c&d=e#f http://user@host/",
    "4111 1111 1111 1112 and 1234567890123 and 9999999999999999",
    "0.4216601848602295 and 15.140033721923828 of 1.4283085633404091",
    "DE88 3704 0044 0532 0130 00 and XX89 3704 0044 0532 0130 00",
    "step +12 of 300, 2024-01-02, 01-02-2024, 09:30, 0.12345678, 1 095 742 719, 200 300 4000",
    "ey.ey.ey and eyJhbGciOiJub25l and eyJmb28iOiJiYXIifQ.eyJzdWIiOiIxIn0.x",
    "std::vector a::b 12:34:56 1.2.3 300.1.1.1",
    "000-12-3456 666-12-3456 900-12-3456 078-00-1120",
    "GB123456A sb015126b 12345678A X1234567A RSSMRA85T10A562T",
    "111222333 44051401359 86095742719 2341 2341 2346 130 692 544",
    "1 84 12 76 451 089 47",
    "85.07.30-033.29 811218-9875 131052-308U 756.9217.0769.84 529.982.247-26 111.111.111-11",
    "BSN 111222334 PESEL 44051401358 IdNr 86095742718 aadhaar 2341 2341 2345 SIN 130 692 545",
)
"""No rule finds anything in these."""


def unmarked(example: str) -> str:
    """Return an example without the marks."""
    return example.replace("«", "").replace("»", "")


def kept(example: str, rule: str) -> str:
    """Return what is kept of an example."""
    outside = [part.split("»") for part in example.split("«")]
    return outside[0][0] + "".join(f"[{rule}]{part[1]}" for part in outside[1:])
