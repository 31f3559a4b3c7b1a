"""PI-CAI: prostate cancer in biparametric MRI.

With datasets up to 3.6:  load_dataset("picai.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("picai", RAW)
From the shell:           python picai.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Picai(RawDatasetBuilder):
    """PI-CAI: prostate cancer in biparametric MRI.

    picai comes under its owner's terms: Creative Commons Attribution Non Commercial 4.0 International,
      https://github.com/DIAGNijmegen/picai_labels
    - the owners' file LICENSE beside the masks is the text of CC BY-NC 4.0
    - two readers of the images' record say CC BY-NC 4.0
    - Cite Saha et al. 2024 and the record of the images.
    - No commercial use.
    - Say what was changed.
    It may be passed on for non-commercial purposes only, under the same terms.
    """

    SOURCE = "picai"


if __name__ == "__main__":
    sys.exit(main(["convert", "picai", *sys.argv[1:]]))
