"""Run every benchmark, or those named: ``python -m bench startup evaluation``."""

import importlib
import sys

BENCHMARKS = (
    "startup",
    "evaluation",
    "endpoint",
    "intake",
    "arrivals",
    "mapping",
    "masking",
    "explorer",
    "peers",
    "coverage",
)


def main() -> int:
    asked = sys.argv[1:] or list(BENCHMARKS)
    unknown = [name for name in asked if name not in BENCHMARKS]
    if unknown:
        print(f"there is no benchmark {unknown[0]!r}: choose from {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    for name in asked:
        print(f"== {name}")
        importlib.import_module(f"bench.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
