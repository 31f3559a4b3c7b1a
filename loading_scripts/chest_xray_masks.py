"""Chest Xray Masks and Labels (Montgomery County and Shenzhen).

With datasets up to 3.6:  load_dataset("chest_xray_masks.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("chest-xray-masks", RAW)
From the shell:           python chest_xray_masks.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class ChestXrayMasks(RawDatasetBuilder):
    """Chest Xray Masks and Labels (Montgomery County and Shenzhen).

    chest-xray-masks comes under its owner's terms: none named for the films; CC BY-NC-SA 4.0 for the Shenzhen lung
      masks, https://www.kaggle.com/datasets/yoctoman/shcxr-lung-mask
    - the author of the Shenzhen lung masks licenses them under CC BY-NC-SA 4.0, as quoted by two independent
      readers
    - quotes the same license of the Shenzhen lung masks
    - Attribution: National Library of Medicine, National Institutes of Health, Bethesda, MD, USA, and Shenzhen No.3
      People's Hospital, Guangdong Medical College, Shenzhen, China.
    - Cite Jaeger et al. 2014 and Candemir et al. 2014.
    - Lung masks of Shenzhen: Kaggle yoctoman, Stirenko et al. 2018, CC BY-NC-SA 4.0: not for commercial use, share
      alike.
    - Say what was changed.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "chest-xray-masks"


if __name__ == "__main__":
    sys.exit(main(["convert", "chest-xray-masks", *sys.argv[1:]]))
