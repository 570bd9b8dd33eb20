"""One attack: attacker.py NAME PORT EFFORT. Prints what came of it as JSON."""
import asyncio
import json
import resource
import sys

sys.dont_write_bytecode = True
import malformed  # noqa: E402
import slow  # noqa: E402
import wire  # noqa: E402

name, port, effort = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
attack = getattr(slow, name, None) or getattr(malformed, name)
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (min(20_000, hard), hard))
wire.be_modest()
print(json.dumps(asyncio.run(attack(('127.0.0.1', port), effort))))
