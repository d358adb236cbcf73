"""The payment provider. Until the contract is signed this is their offline simulator."""

import hashlib

from app.errors import PaymentDeclined


def charge(card_token: str, amount_cents: int, reference: str) -> str:
    if card_token.startswith("bad"):
        raise PaymentDeclined("the card was declined")
    return "pay_" + hashlib.sha1(f"{reference}:{amount_cents}".encode()).hexdigest()[:12]
