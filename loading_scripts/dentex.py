"""DENTEX: dental enumeration and diagnosis on panoramic X-rays.

With datasets up to 3.6:  load_dataset("dentex.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("dentex", RAW)
From the shell:           python dentex.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Dentex(RawDatasetBuilder):
    """DENTEX: dental enumeration and diagnosis on panoramic X-rays.

    dentex comes under its owner's terms: Creative Commons Attribution Non Commercial Share Alike 4.0 International,
      https://huggingface.co/datasets/ibrahimhamamci/DENTEX
    - the field `license` of the owners' dataset card is cc-by-nc-sa-4.0, as the history of the card shows it
    - Cite Hamamci et al. 2023.
    - Link https://huggingface.co/datasets/ibrahimhamamci/DENTEX and the license, and say what was changed.
    - No commercial use; what is made of it carries the same license.
    It may be passed on for non-commercial purposes only, under the same terms.
    """

    SOURCE = "dentex"


if __name__ == "__main__":
    sys.exit(main(["convert", "dentex", *sys.argv[1:]]))
