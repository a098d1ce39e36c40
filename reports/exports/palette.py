"""The colours of every chart and page: one accent, greys, and the scale of priorities. Each also has a word beside it."""

ACCENT = "#0f766e"
INK = "#1f2937"
MUTED = "#6b7280"
FAINT = "#d1d5db"

TONES = {
    "accent": ACCENT,
    "muted": MUTED,
    "p1": "#991b1b",
    "p2": "#c2410c",
    "p3": "#a16207",
    "p4": "#1d4ed8",
    "p5": "#6b7280",
    "unknown": "#9ca3af",
}
