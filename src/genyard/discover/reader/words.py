"""Words, as the reader compares them: folded, lightly stemmed, with the empty ones told apart."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# A word, a number with its separators, or one sign of a script that writes no spaces.
_WORD = re.compile(
    r"\d+(?:[.,:]\d+)*|[^\W\d_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+(?:['’][^\W\d_]+)*\d*|"
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)

_EMPTY_WORDS = """
    a about actually after all already also am an and any anybody anyone anything are arent as at auf avec be
    because been being but by can cannot cant combien come comes como could couldnt cuando cuanto dans das de dem
    den der des did didnt do does doesnt doing donde done dont du during each ein eine einen el else en es est et
    even ever every for from fur get gets getting give given goes going got had happen happens has have havent
    having he hello her here hey hi him his how i if im in into is isnt ist it its itself just kind know la las le
    les let lets like likely long los many may maybe me might mit more most much must my name need needs no nobody
    not now oder of off ok okay on one only or other ou our out over own para perhaps please por quand que qui
    quien quite quoi rather really right said say says shall she should simply sind so some somebody someone
    something sont soon sort still such sure take tell than thank thanks that thats the their them then there
    these they thing think this those though to too type un una und under une until up us use very von wann want
    wanted wants was wasnt way we well wer were what whats when where which while who whom whos whose why wie will
    with within without wo wont would wouldnt y yes yet you your zu
"""
EMPTY = frozenset(_EMPTY_WORDS.split())
"""Words that carry no content of their own, in English and the commonest of German, French and Spanish; folded."""

_IRREGULAR_WORDS = """
win: won winner winners winning
write: wrote written writer writers
sing: sang sung singer singers
play: player players
make: made maker making
begin: began begun beginning beginnings
become: became
bear: born birth birthplace
die: died death dead
come: came
go: went gone
give: gave
take: took taken
find: found finding
hold: held
build: built building
buy: bought
pay: paid payment payments
say: said says
see: saw seen
speak: spoke spoken
leave: left leaving
lead: led leader leaders
lose: lost loss
meet: met
run: ran
sell: sold sale sales
send: sent
teach: taught
think: thought
know: knew known
grow: grew grown growth
draw: drew drawn
drive: drove driven
fall: fell fallen
fly: flew flown flight
choose: chose chosen choice
break: broke broken
rise: rose risen
direct: director directors directed
invent: inventor invented invention
discover: discovery discoverer
create: creator creation
produce: producer production
found: founder founders founded
publish: publication published
locate: location located
child: children
person: people persons
man: men
woman: women
foot: feet
life: lives
"""
_IRREGULAR = {
    form: line.split(":")[0] for line in _IRREGULAR_WORDS.split("\n") if line for form in line.split(":")[1].split()
}
_SUFFIXES = (
    "ations",
    "ation",
    "ings",
    "ing",
    "ers",
    "er",
    "ies",
    "ied",
    "ed",
    "ment",
    "ments",
    "es",
    "s",
    "ly",
    "e",
    "y",
)


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a text: its stem, where it stands, and whether it carries no content of its own."""

    stem: str
    empty: bool
    start: int
    end: int


def words(text: str) -> list[Word]:
    """Return the words of ``text`` in order."""
    found = []
    for match in _WORD.finditer(text):
        folded = fold(match[0])
        found.append(Word(stem(folded), folded in EMPTY, match.start(), match.end()))
    return found


@lru_cache(maxsize=50_000)
def fold(word: str) -> str:
    """Return ``word`` without case, accents, compatibility forms and a possessive ending."""
    if not word.isascii():
        decomposed = unicodedata.normalize("NFKD", word.replace("’", "'").casefold())
        word = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return word.lower().removesuffix("'s").removesuffix("'")


@lru_cache(maxsize=50_000)
def stem(folded: str) -> str:
    """Return the form under which a folded word is compared: its base if irregular, else without its ending."""
    base = _IRREGULAR.get(folded, folded)
    if not base.isalpha() or len(base) < 4:
        return base
    for suffix in _SUFFIXES:
        if base.endswith(suffix) and len(base) - len(suffix) >= 3:
            base = base[: -len(suffix)]
            doubled = len(base) > 3 and base[-1] == base[-2] and base[-1] not in "aeiouls"
            return base[:-1] if doubled else base
    return base
