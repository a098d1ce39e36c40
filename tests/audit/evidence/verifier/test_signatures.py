"""Ed25519 by RFC 8032, keys and signed notes by C2SP, on published examples and on what an attacker would try."""

import pytest

from audit.evidence.verifier import verify

from .made_bundles import NAME, Ledger, Signer, b64

RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]
PUBLIC, MESSAGE, SIGNATURE = (bytes.fromhex(text) for text in RFC_8032[2])
S = int.from_bytes(SIGNATURE[32:], "little")
ZERO, ONE = bytes(32), (1).to_bytes(32, "little")


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032)
def test_the_vectors_of_rfc_8032_are_valid(public: str, message: str, signature: str) -> None:
    assert verify.ed25519_valid(bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature))


@pytest.mark.parametrize(
    ("public", "message", "signature"),
    [
        (PUBLIC, MESSAGE + b"\0", SIGNATURE),
        (PUBLIC, b"", SIGNATURE),
        (PUBLIC, MESSAGE, SIGNATURE[:32] + (S + verify.ORDER).to_bytes(32, "little")),
        (PUBLIC, MESSAGE, SIGNATURE[:32] + verify.ORDER.to_bytes(32, "little")),
        (PUBLIC, MESSAGE, SIGNATURE[:32] + b"\xff" * 32),
        (PUBLIC, MESSAGE, SIGNATURE[:32] + ZERO),
        (PUBLIC, MESSAGE, bytes([SIGNATURE[0] ^ 1]) + SIGNATURE[1:]),
        (PUBLIC, MESSAGE, SIGNATURE[:31] + bytes([SIGNATURE[31] ^ 0x80]) + SIGNATURE[32:]),
        (PUBLIC, MESSAGE, ZERO + ZERO),
        (PUBLIC, MESSAGE, SIGNATURE[:63]),
        (PUBLIC, MESSAGE, SIGNATURE + b"\0"),
        (PUBLIC, MESSAGE, b""),
        (PUBLIC[:31] + bytes([PUBLIC[31] ^ 0x80]), MESSAGE, SIGNATURE),
        (PUBLIC[:31], MESSAGE, SIGNATURE),
        (b"", MESSAGE, SIGNATURE),
        ((verify.P + 1).to_bytes(32, "little"), MESSAGE, SIGNATURE),  # y is not below p
        (b"\xff" * 32, MESSAGE, SIGNATURE),
        (ONE[:31] + b"\x80", b"", ONE + ZERO),  # x is 0, its sign is set
        ((2).to_bytes(32, "little"), MESSAGE, SIGNATURE),  # not on the curve
        ((verify.P - 1).to_bytes(32, "little"), MESSAGE, SIGNATURE),
    ],
)
def test_what_is_not_exactly_a_signature_is_refused(public: bytes, message: bytes, signature: bytes) -> None:
    assert not verify.ed25519_valid(public, message, signature)


def test_no_bit_of_a_signature_or_key_can_be_changed() -> None:
    both = PUBLIC + SIGNATURE
    for bit in range(0, len(both) * 8, 13):
        changed = (int.from_bytes(both, "little") ^ 1 << bit).to_bytes(96, "little")
        assert not verify.ed25519_valid(changed[:32], MESSAGE, changed[32:]), bit


def test_what_another_implementation_signs_is_valid() -> None:
    for number in range(5):
        signer = Signer(f"seed {number}")
        key = verify.parse_key(signer.vkey)
        assert key.valid(b"text", signer.sign(b"text"))
        assert not key.valid(b"tex", signer.sign(b"text"))


def test_the_example_of_the_signed_note_format_is_valid() -> None:
    key = verify.parse_key("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    line = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    [(name, key_id, seal)] = verify.parse_seals(line + "\n")
    assert (name, key_id) == (key.name, key.id)
    assert key.valid(text.encode(), seal)


def test_a_plus_sign_in_the_base64_of_a_key_belongs_to_it() -> None:
    text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    assert verify.parse_key(text).name == "sum.golang.org"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000",
        "name+00000000+AAAA",
        Signer("a").vkey[:-4],
        Signer("a").vkey + "=",
        Signer("a").vkey.replace(NAME, "other"),
        Signer("a").vkey.replace("+", "+0", 1),
        Signer("a", "two words").vkey,
        Signer("a", kind=2).vkey,
        "+" + Signer("a").vkey,
        "\u0000" * 100_000,
    ],
)
def test_what_is_not_a_key_is_refused_in_words(text: str) -> None:
    with pytest.raises(verify.Broken) as refusal:
        verify.parse_key(text)
    assert len(str(refusal.value)) < 600


@pytest.mark.parametrize("text", ["AA", "AA=", "AB==", "A A==", "QUI=\n", "é", "QQ==QQ=="])
def test_base64_has_one_form(text: str) -> None:
    with pytest.raises(verify.Broken):
        verify.unbase64(text)


def _note() -> str:
    ledger = Ledger()
    ledger.write()
    return ledger.seal()


def test_a_checkpoint_tells_its_parts() -> None:
    note = verify.parse_note(_note())
    assert (note.origin, note.size, note.time) == (NAME, 1, "2026-03-02T09:00:01.000000Z")
    assert verify.parse_key(Signer("first").vkey).signed(note)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n1\n", "\n01\n"),
        ("\n1\n", "\n-1\n"),
        ("\n1\n", "\n1\n1\n"),
        ("\n1\n", "\n" + "9" * 19 + "\n"),
        ("\n1\n", "\n\u0661\n"),
        ("time 2026", "time 2026\u00a0"),
        ("time 2026-03", "time 2026-13"),
        (".000000Z", "Z"),
        ("000000Z\n", "000000Z\nmore\n"),
        ("time ", "Time "),
        ("— ", "- "),
        ("— ", "—  "),
        (NAME + "\n1", "\n1"),
        (_note()[-10:], ""),
        (_note().split("\n")[2], b64(b"short")),
    ],
)
def test_what_is_not_a_checkpoint_is_refused(old: str, new: str) -> None:
    with pytest.raises(verify.Broken):
        verify.parse_note(_note().replace(old, new, 1))


def test_a_witness_signs_the_time_with_the_text() -> None:
    witness = Signer("w", "witness.example/w1", 4)
    text = b"origin\n1\nroot\n"
    [(_, _, seal)] = verify.parse_seals(witness.line(text, 1_700_000_000))
    key = verify.parse_key(witness.vkey)
    assert key.valid(text, seal)
    assert not key.valid(text, (1_700_000_001).to_bytes(8, "big") + seal[8:])
    assert not key.valid(text, seal[8:])
    assert not key.valid(text, b"")


def test_a_policy_counts_groups_of_groups() -> None:
    keys = [Signer(str(number), f"w{number}", 4).vkey for number in range(4)]
    lines = [f"witness W{number} {key}" for number, key in enumerate(keys)]
    text = "\n".join(["# ours", *lines, "group A 2 W0 W1 W2", "\tgroup B any W3", "group both all A B", "quorum both"])
    policy = verify.parse_policy(text)
    assert policy.reached(policy.quorum, {keys[0], keys[2], keys[3]})
    assert not policy.reached(policy.quorum, {keys[0], keys[1], keys[2]})
    assert not policy.reached(policy.quorum, {keys[0], keys[3]})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "quorum W",
        "quorum",
        "quorum none\nquorum none",
        "group A 1 W\nquorum A",
        "group A 0\nquorum A",
        "log x\nquorum none",
        "other a\nquorum none",
    ],
)
def test_a_policy_that_cannot_be_understood_is_refused(text: str) -> None:
    with pytest.raises(verify.Misuse):
        verify.parse_policy(text)
