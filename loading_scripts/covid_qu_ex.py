"""COVID-QU-Ex: lung and infection masks of chest radiographs.

With datasets up to 3.6:  load_dataset("covid_qu_ex.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("covid-qu-ex", RAW)
From the shell:           python covid_qu_ex.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class CovidQuEx(RawDatasetBuilder):
    """COVID-QU-Ex: lung and infection masks of chest radiographs.

    covid-qu-ex comes under its owner's terms: license to be confirmed: CC BY-SA 4.0 for what the authors made; the
      radiographs are others' and have terms of their own, https://www.kaggle.com/datasets/anasmohammedtahir/covidqu
    - lists the page's license as CC BY-SA 4.0
    - a reader's copy of the page has the license CC BY-SA 4.0, the parts with their numbers, and the ten
      collections that were pooled
    - Cite the works that the page asks for: Tahir et al. 2021 and 2022, and doi 10.1016/j.compbiomed.2021.104319,
      10.1007/s13755-021-00146-8, 10.1109/ACCESS.2020.3010287.
    - The radiographs come from ten public collections, QaTa-COV19, RSNA and PadChest among them: the terms of each
      of them hold as well.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "covid-qu-ex"


if __name__ == "__main__":
    sys.exit(main(["convert", "covid-qu-ex", *sys.argv[1:]]))
