"""These take minutes, so they run only when asked for: CHAOS=1, as `make chaos` sets it. CHAOS_ROUNDS says how often something is killed."""

import os

collect_ignore_glob = [] if os.environ.get("CHAOS") else ["test_*.py"]
