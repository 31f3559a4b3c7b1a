"""`python -m hf_medseg` is the command line."""

from hf_medseg.cli import main

raise SystemExit(main())
