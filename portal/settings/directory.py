"""The configuration database (CMDB) that people are kept equal with. Everything is off until it is set."""

from .env import flag, text

# A folder: files of the CMDB lie in it, what became of them in done/ and failed/, changes made here in out/.
DIRECTORY_DROP = text("DIRECTORY_DROP")
# Whether changes of a dropped file that are no conflict are applied without a person. Conflicts always wait for one.
DIRECTORY_APPLIES = flag("DIRECTORY_APPLIES")
# Where changes made here are sent, as JSON by POST, and the bearer token that goes with them.
DIRECTORY_URL = text("DIRECTORY_URL")
DIRECTORY_TOKEN = text("DIRECTORY_TOKEN")
