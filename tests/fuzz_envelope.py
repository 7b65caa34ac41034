"""Mutated envelopes: ``python -m tests.fuzz_envelope N [SEED]`` (issue bar R11).

Every mutation of a fixture must end in an envelope or an EnvelopeError, within five seconds and
bounded memory; what was read must survive its JSON form, and writing it must refuse or succeed.
The count is printed; the exit code is 1 when one mutation did anything else.
"""

from __future__ import annotations

import base64
import binascii
import io
import random
import re
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.envelope.json_form import envelope_from_json, envelope_to_json
from gateway.envelope.reader import read_envelope
from gateway.envelope.writer import write_envelope
from gateway.errors import EnvelopeError
from gateway.service.cli.envelope_files import CountingSink
from tests.support.envelope_fixtures import all_fixtures
from tests.support.memory import peak_kib, reset_peak

SECONDS = 5.0
GROWTH_MIB = 64
SEED = 102
PAYLOAD = re.compile(rb"(ContentTransferEncoded[^>]*>)([A-Za-z0-9+/=\s]+)<")
TOKENS = (
    b"<", b">", b"</", b"/>", b"&", b"&#0;", b"&#x1F600;", b"]]>", b"<![CDATA[", b"<!--", b"-->",
    b"<?x ?>", b"<!DOCTYPE a>", b'"', b"\x00", b"\xff", b"\xef\xbf\xbd", b"\xef\xbb\xbf", b"\r\n",
    b"9" * 40, b"-1", b"2026/13/45", b"0001/01/01", b"9999/12/31 23:59:60", b" " * 300,
    b'xmlns="x"', b"edXML:", b"<To/>", b"<Status>", b"<Attachment>", b"../", b"cid:",
)  # fmt: skip

TEXTS = (
    b"", b" ", b"0", b"3", b"-1", b"02", b"2.0", b"N/A", b"null", b"true", b"1", b"2026/02/30",
    b"31/12/2025", b"2026-01-01T00:00:00Z", b"0036/01/01", b"2026/03/02 09:30:00", b"12/QD#1",
    b"cid:cid:1", b"&lt;1&gt;", b"../../a.exe", b"a.zip", b"a.docm", b"x" * 600, b"a\r\nb",
    "\u202ea\u0301\ufffd".encode(), b"====", b"JVBERi0=", b"UEsDBA==", b"&#13;&#10;",
)  # fmt: skip

Mutation = Callable[[bytes, random.Random], bytes]


def flip(content: bytes, chance: random.Random) -> bytes:
    made = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        made[chance.randrange(len(made))] = chance.randrange(256)
    return bytes(made)


def cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


def drop(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content))
    return content[:at] + content[at + chance.randint(1, 60) :]


def insert(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content))
    return content[:at] + chance.choice(TOKENS) * chance.choice((1, 1, 1, 50)) + content[at:]


def repeat(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content))
    piece = content[at : at + chance.randint(1, 400)]
    return content[:at] + piece * chance.randint(2, 30) + content[at:]


def move(content: bytes, chance: random.Random) -> bytes:
    """Move one whole element elsewhere between two tags."""
    tags = [found.start() for found in re.finditer(b"<", content)]
    if len(tags) < 3:
        return content
    first, last, to = sorted(chance.sample(tags, 3))
    return content[:first] + content[last:to] + content[first:last] + content[to:]


def spoil_payload(content: bytes, chance: random.Random) -> bytes:
    """Change bytes of a file inside its base64: archives and PDFs that almost are."""
    found = PAYLOAD.search(content)
    if found is None:
        return flip(content, chance)
    try:
        inner = base64.b64decode(found[2])
    except binascii.Error:
        return flip(content, chance)
    if not inner:
        return content
    inner = chance.choice((flip, cut, drop, insert, repeat))(inner, chance)
    return content[: found.start(2)] + base64.b64encode(inner) + content[found.end(2) :]


def retext(content: bytes, chance: random.Random) -> bytes:
    """Give an element another text; the XML stays well-formed."""
    found = list(re.finditer(rb">([^<>]*)</", content))
    if not found:
        return content
    one = chance.choice(found)
    return content[: one.start(1)] + chance.choice(TEXTS) + content[one.end(1) :]


def rename(content: bytes, chance: random.Random) -> bytes:
    """Call all elements of one name by another's name; the XML stays well-formed."""
    found = sorted(set(re.findall(rb"</([A-Za-z:]+)>", content)))
    if len(found) < 2:
        return content
    old, new = chance.sample(found, 2)
    return re.sub(rb"(</?)" + old + rb"(?=[ />])", rb"\1" + new, content)


MUTATIONS: tuple[Mutation, ...] = (
    flip, cut, drop, insert, repeat, move,
    retext, retext, retext, rename, rename, spoil_payload, spoil_payload, spoil_payload,
)  # fmt: skip


@dataclass(slots=True)
class Outcome:
    """What a run brought."""

    count: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    growth_mib: float = 0.0
    failures: list[str] = field(default_factory=list)


def mutated(corpus: list[bytes], chance: random.Random) -> bytes:
    content = chance.choice(corpus)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        if content:
            content = chance.choice(MUTATIONS)(content, chance)
    return content


def attempt(content: bytes) -> str:
    """Read, show, read the JSON again, write; return the code of the end."""
    try:
        envelope = read_envelope(io.BytesIO(content), CountingSink)
    except EnvelopeError as error:
        return error.code
    made = envelope_to_json(envelope)
    assert envelope_from_json(made) == envelope
    faults = [item["fault"] for item in made["attachments"] if item["fault"]]
    try:
        write_envelope(envelope, io.BytesIO(), lambda _digest: io.BytesIO())
    except EnvelopeError as error:
        return f"read, with {faults[0]}" if faults else f"read, then {error.code}"
    return "read and written"


def run(count: int, seed: int = SEED) -> Outcome:
    corpus = [fixture.content for fixture in all_fixtures() if len(fixture.content) < 60_000]
    chance = random.Random(seed)  # noqa: S311 - repeatable, nothing secret
    outcome = Outcome()
    attempt(corpus[0])
    reset_peak()
    before = peak_kib()
    for number in range(count):
        content = mutated(corpus, chance)
        started = time.process_time()
        try:
            outcome.codes[attempt(content)] += 1
        except Exception:  # noqa: BLE001 - whatever it is, it is what this looks for
            outcome.failures.append(f"{number}: {content[:300]!r}\n{traceback.format_exc()}")
        spent = time.process_time() - started
        outcome.slowest = max(outcome.slowest, spent)
        if spent > SECONDS:
            outcome.failures.append(f"{number}: {spent:.1f} s: {content[:300]!r}")
        outcome.count += 1
    outcome.growth_mib = (peak_kib() - before) / 1024
    return outcome


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    outcome = run(count, int(sys.argv[2]) if len(sys.argv) > 2 else SEED)
    for code, times in outcome.codes.most_common():
        print(f"{times:7d}  {code}")  # noqa: T201 - a report to a person
    for failure in outcome.failures[:10]:
        print(failure)  # noqa: T201
    print(  # noqa: T201
        f"{outcome.count} mutated envelopes, {len(outcome.failures)} failures, slowest"
        f" {outcome.slowest:.2f} s, memory growth {outcome.growth_mib:.0f} MiB"
    )
    return 1 if outcome.failures or outcome.growth_mib > GROWTH_MIB else 0


if __name__ == "__main__":
    sys.exit(main())
