"""`signpost policy`: the policy in force, and who approved it."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from signpost.arguments import Commands
from signpost.home import open_database_of, open_home
from signpost.terminal import PASSED, print_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chatbot.signatures import Signature, SignatureBook


def add_commands(commands: Commands) -> None:
    """`policy` and its commands."""
    group = commands.group("policy", "What shapes replies beside documents: its digest, and who approved it.", "DO")
    group.add("show", run_show, "The policy's digest, what stands in it, and its signatures.")
    sign = group.add("sign", run_sign, "Record that somebody has read the policy and approves it.")
    sign.add_argument("digest", metavar="DIGEST", help="of what was read: it stands on the preclearance document")
    sign.add_argument("--as", dest="name", metavar="NAME", required=True, help="who approves")
    sign.add_argument("--role", required=True, metavar="ROLE", help="medical, legal or regulatory")
    sign.add_argument("--comment", default="", help="kept with the signature")
    group.add("signatures", run_signatures, "Every signature of every policy, the oldest first.")


def run_show(options: argparse.Namespace) -> int:
    """`signpost policy show`"""
    from chatbot.library import policy_of
    from chatbot.preclearance.holdings import holdings

    home = open_home(options)
    policy, book = policy_of(home), _book(options)
    signed, missing = book.of(policy.sha256), book.missing(policy)
    held = holdings(policy)
    if options.json:
        asked = list(policy.portal.signatures)
        print_json(
            {
                "policy": f"sha256:{policy.sha256}",
                "holds": {row.name: row.count for row in held},
                "asked": asked,
                "missing": list(missing),
                "signatures": [_value(row) for row in signed],
            }
        )
        return PASSED
    print(f"policy sha256:{policy.sha256}")
    for row in held:
        print(f"  {row.count:>6} {row.name}")
    _print_signatures(signed)
    if missing:
        print(f"not signed for {', '.join(missing)}, as portal.toml asks: `signpost serve` refuses it without --demo")
    elif not signed:
        print("not signed by anybody; portal.toml asks for no signature")
    return PASSED


def run_sign(options: argparse.Namespace) -> int:
    """`signpost policy sign`"""
    from chatbot.library import policy_of
    from chatbot.signatures import Signature

    policy, book = policy_of(open_home(options)), _book(options)
    given = Signature(
        options.digest, options.role.strip().casefold(), options.name, options.comment, options.actor, datetime.now(UTC)
    )
    signed = book.sign(policy, given)
    missing = book.missing(policy)
    if options.json:
        print_json({**_value(signed.signature), "added": signed.added, "missing": list(missing)})
        return PASSED
    kept = signed.signature
    before = "" if signed.added else " already: nothing was added"
    print(f"sha256:{kept.policy} is signed for {kept.role} by {kept.name}, {_readable(kept.at)}{before}")
    if missing:
        print(f"still not signed for {', '.join(missing)}")
    return PASSED


def run_signatures(options: argparse.Namespace) -> int:
    """`signpost policy signatures`"""
    from chatbot.library import policy_of

    policy, book = policy_of(open_home(options)), _book(options)
    found = book.all()
    if options.json:
        print_json({"policy": f"sha256:{policy.sha256}", "signatures": [_value(row) for row in found]})
        return PASSED
    for digest in dict.fromkeys(row.policy for row in found):
        print(f"policy sha256:{digest}{' (the policy now)' if digest == policy.sha256 else ''}")
        _print_signatures(row for row in found if row.policy == digest)
    if not found:
        print("nobody has signed a policy; read it with `signpost preclearance`, then `signpost policy sign`")
    return PASSED


def _book(options: argparse.Namespace) -> SignatureBook:
    from chatbot.signatures import SignatureBook

    return SignatureBook(open_database_of(open_home(options), options.database))


def _print_signatures(signatures: Iterable[Signature]) -> None:
    for row in signatures:
        said = f": {row.comment}" if row.comment else ""
        print(f"  signed for {row.role} by {row.name}, {_readable(row.at)} (typed by {row.actor}){said}")


def _readable(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _value(signature: Signature) -> dict[str, Any]:
    return {
        "policy": f"sha256:{signature.policy}",
        "role": signature.role,
        "name": signature.name,
        "comment": signature.comment,
        "actor": signature.actor,
        "at": signature.at.isoformat(),
    }
