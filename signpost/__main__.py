"""`python -m signpost`"""

import sys

from signpost.main import main

sys.exit(main())
