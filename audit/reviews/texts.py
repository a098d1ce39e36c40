"""Whether something that a person typed can be kept as it is, and frozen as bytes. Pure."""


def problem_with(text: str, longest: int) -> str:
    """What is wrong with it, in words; empty when nothing is."""
    if len(text) > longest:
        return f"Use at most {longest:,} characters."
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "It holds half of a character. Type it anew."
    return "It holds a character that no text has. Type it anew." if "\x00" in text else ""
