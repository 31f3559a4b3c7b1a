"""BraTS: Multimodal Brain Tumor Segmentation Challenge (adult glioma).

With datasets up to 3.6:  load_dataset("brats.py", data_dir=RAW, trust_remote_code=True, edition=NAME)
With every datasets:      hf_medseg.load_dataset("brats", RAW, edition=NAME)
From the shell:           python brats.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Brats(RawDatasetBuilder):
    """BraTS: Multimodal Brain Tumor Segmentation Challenge (adult glioma).

    brats (2017, 2018, 2019, 2020) comes under its owner's terms: BraTS data usage agreement,
      https://www.med.upenn.edu/cbica/brats2020/data.html
    - free for own research after registration, cite the papers; no grant to pass the data on
    - Cite Menze et al. 2015, Bakas et al. 2017 and 2018.
    - Use the data for your own research only.
    What you convert from it stays on your disks: this package will not publish it.

    brats (2021) comes under its owner's terms: license unknown (challenge terms of Synapse, or a re-host),
      https://www.synapse.org/#!Synapse:syn25829067
    - the challenge terms were not seen; labels on re-hosts are not the owner's. The package of The Cancer Imaging
      Archive, which is CC BY 4.0, is the edition 2021-tcia
    - Cite Baid et al. 2021, Menze et al. 2015 and Bakas et al. 2017.
    What you convert from it stays on your disks: this package will not publish it.

    brats (2023) comes under its owner's terms: license unknown (challenge terms of Synapse),
      https://www.synapse.org/#!Synapse:syn51514105
    - the challenge terms were not seen
    - Cite Baid et al. 2021, Menze et al. 2015 and Bakas et al. 2017.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "brats"


if __name__ == "__main__":
    sys.exit(main(["convert", "brats", *sys.argv[1:]]))
