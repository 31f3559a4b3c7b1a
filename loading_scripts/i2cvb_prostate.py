"""I2CVB prostate: multi-parametric MRI, GE 1.5 T and Siemens 3 T.

With datasets up to 3.6:  load_dataset("i2cvb_prostate.py", data_dir=RAW, trust_remote_code=True, about=FILE, edition=NAME)
With every datasets:      hf_medseg.load_dataset("i2cvb-prostate", RAW, about=FILE, edition=NAME)
From the shell:           python i2cvb_prostate.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class I2cvbProstate(RawDatasetBuilder):
    """I2CVB prostate: multi-parametric MRI, GE 1.5 T and Siemens 3 T.

    i2cvb-prostate (original) comes under its owner's terms: license unknown, https://zenodo.org/record/162231
    - the site calls the data open, links to Zenodo and states no license; the record's own license field was not
      read
    - Cite Lemaitre et al. 2015 and the Zenodo record.
    What you convert from it stays on your disks: this package will not publish it.

    i2cvb-prostate (saml) comes under its owner's terms: license unknown, https://liuquande.github.io/SAML/
    - the page offers the files and states no license; labels on further copies are not the owners'
    - Cite Liu et al. 2020 and Lemaitre et al. 2015.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "i2cvb-prostate"


if __name__ == "__main__":
    sys.exit(main(["convert", "i2cvb-prostate", *sys.argv[1:]]))
