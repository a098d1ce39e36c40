"""verify.html as it goes into a bundle: one file that runs anywhere, because the verifier stands in it."""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

VERIFIERS = Path(__file__).parent / "verifier"
INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


@cache
def verifier_page() -> bytes:
    """The template with verify.js in it. Its policy names what may run and style by hash, and allows nothing else, no network either."""
    script = (VERIFIERS / "verify.js").read_text("utf-8")
    page = (VERIFIERS / "verify.html").read_text("utf-8").replace("VERIFY_JS", script)
    hashes: dict[str, list[str]] = {"script": [], "style": []}
    for kind, content in INLINE.findall(page):
        digest = base64.b64encode(hashlib.sha256(content.encode("utf-8")).digest()).decode("ascii")
        hashes[kind].append(f"'sha256-{digest}'")
    page = page.replace("SCRIPT_HASHES", " ".join(hashes["script"]), 1).replace("STYLE_HASHES", " ".join(hashes["style"]), 1)
    return page.encode("utf-8")
