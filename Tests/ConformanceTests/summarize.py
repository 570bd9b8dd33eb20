"""Prints what the Autobahn TestSuite found, and closes with `N passed, N failed`.

usage: summarize.py INDEX [CASE...]    the report's index.json, and the cases that may be non-strict
"""
import collections
import json
import sys

PASSED = {"OK", "INFORMATIONAL", "UNIMPLEMENTED"}


def verdict(case):
    return case["behavior"], case["behaviorClose"]


def main(path, may_be_non_strict):
    try:
        with open(path) as file:
            (cases,) = json.load(file).values()
    except (OSError, ValueError) as error:
        sys.exit(f"no report was written: {error}")
    failed = {}
    for name, case in cases.items():
        allowed = PASSED | ({"NON-STRICT"} if name in may_be_non_strict else set())
        if not set(verdict(case)) <= allowed:
            failed[name] = verdict(case)
    for name, (behavior, close) in sorted(failed.items()):
        print(f"FAILED  case {name}: {behavior}, close {close}")
    counts = collections.Counter(case["behavior"] for case in cases.values())
    print(", ".join(f"{count} {behavior}" for behavior, count in counts.most_common()))
    print(f"{len(cases) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
