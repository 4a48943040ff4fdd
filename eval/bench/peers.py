"""The products one would take instead, each set up as its own documentation does for hybrid search.

They are no dependency: each is imported when it is made. Two rows a product: as installed, and with our encoder in
place of its own, so that the rest of it can be compared by itself.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.bench.engines import TOP, Engine, Entry, Passages, Setting
from index.analysis import tokens
from index.encoder import Encoder

_HAYSTACK = ("haystack-ai", "sentence-transformers-haystack", "sentence-transformers")
_TXTAI = ("txtai",)
_LARGEST_HAYSTACK = 50_000
_WHY = "it scores every passage in Python, 0.7 s a query over 36,000, and holds 12 KB a vector"
_BATCH = 1_024  # txtai's own batch: its checkpoint is read back one batch at a time


class RankBm25:
    """The textbook BM25 over all passages; no vectors."""

    def __init__(self, setting: Setting) -> None:
        from rank_bm25 import BM25Okapi

        read = zip(setting.passages.texts, setting.passages.languages, strict=True)
        self._languages = sorted(set(setting.passages.languages))
        self._bm25 = BM25Okapi([tokens(text, language) for text, language in read])

    def search(self, query: str) -> list[int]:
        """As its ``get_top_n`` does."""
        scores = self._bm25.get_scores([token for language in self._languages for token in tokens(query, language)])
        return [int(at) for at in np.argsort(scores)[::-1][:TOP]]

    def close(self) -> None:
        """Frees the counts of words."""
        self._bm25 = None


class Haystack:
    """A pipeline of both in-memory retrievers and a joiner by reciprocal rank."""

    def __init__(self, setting: Setting, embedder: Any) -> None:
        from haystack import Document, Pipeline
        from haystack.components.joiners import DocumentJoiner
        from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
        from haystack.document_stores.in_memory import InMemoryDocumentStore

        store = InMemoryDocumentStore(shared=False)  # else its documents stay in the process for good
        rows = enumerate(zip(setting.passages.texts, setting.passages.vectors, strict=True))
        store.write_documents([Document(id=str(at), content=text, embedding=row.tolist()) for at, (text, row) in rows])
        self._pipeline = Pipeline()
        self._pipeline.add_component("embedder", embedder)
        self._pipeline.add_component("bm25", InMemoryBM25Retriever(store, top_k=TOP))
        self._pipeline.add_component("dense", InMemoryEmbeddingRetriever(store, top_k=TOP))
        joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=TOP)
        self._pipeline.add_component("joiner", joiner)
        self._pipeline.connect("embedder.embedding", "dense.query_embedding")
        self._pipeline.connect("bm25", "joiner")
        self._pipeline.connect("dense", "joiner")

    def search(self, query: str) -> list[int]:
        """One run of the pipeline."""
        found = self._pipeline.run({"embedder": {"text": query}, "bm25": {"query": query}})
        return [int(document.id) for document in found["joiner"]["documents"]]

    def close(self) -> None:
        """Frees the document store."""
        self._pipeline = None


class Txtai:
    """``Embeddings(hybrid=True)`` without stored content: its faster form."""

    def __init__(self, setting: Setting, **encoder: Any) -> None:
        from txtai import Embeddings

        self._embeddings = Embeddings(hybrid=True, **encoder)
        checkpoint = setting.folder / "checkpoint"
        # txtai goes on with an interrupted index from its checkpoint: with all vectors in it, it encodes none.
        _checkpoint(setting.passages, checkpoint, self._embeddings.model.vectorsid())
        rows = ((at, text, None) for at, text in enumerate(setting.passages.texts))
        self._embeddings.index(rows, checkpoint=str(checkpoint))

    def search(self, query: str) -> list[int]:
        """Its convex combination of both scores."""
        return [int(at) for at, _ in self._embeddings.search(query, TOP)]

    def close(self) -> None:
        """Closes its indexes."""
        self._embeddings.close()


def _checkpoint(passages: Passages, folder: Path, name: str) -> None:
    folder.mkdir()
    with (folder / name).open("wb") as stream:
        for start in range(0, len(passages), _BATCH):
            np.save(stream, passages.vectors[start : start + _BATCH])


def _quiet() -> None:
    """Before any of them is imported: nothing is reported to anybody or looked up in a model hub."""
    os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"  # read when it is imported
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"):
        os.environ[name] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    import transformers

    transformers.logging.disable_progress_bar()  # type: ignore[no-untyped-call, unused-ignore]


def _haystack(setting: Setting) -> Engine:
    _quiet()
    from haystack_integrations.components.embedders.sentence_transformers import SentenceTransformersTextEmbedder

    model = str(setting.weights.model)
    return Haystack(setting, SentenceTransformersTextEmbedder(model=model, local_files_only=True, progress_bar=False))


def _haystack_int8(setting: Setting) -> Engine:
    _quiet()
    from haystack import component

    encoder = Encoder(setting.weights.encoder)

    @component
    class Int8TextEmbedder:
        @component.output_types(embedding=list[float])  # type: ignore[untyped-decorator, unused-ignore]
        def run(self, text: str) -> dict[str, Any]:
            return {"embedding": encoder.encode(text).tolist()}

    return Haystack(setting, Int8TextEmbedder())


def _txtai(setting: Setting) -> Engine:
    _quiet()
    return Txtai(setting, path=str(setting.weights.model))


def _txtai_int8(setting: Setting) -> Engine:
    _quiet()
    encoder = Encoder(setting.weights.encoder)

    def transform(texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([encoder.encode(text) for text in texts])

    return Txtai(setting, method="external", transform=transform)


PEERS = (
    Entry("rank-bm25", "rank-bm25 (words only)", ("rank-bm25",), RankBm25),
    Entry("haystack", "Haystack, as installed", _HAYSTACK, _haystack, _LARGEST_HAYSTACK, _WHY, True),
    Entry("haystack-int8", "Haystack, our encoder", _HAYSTACK, _haystack_int8, _LARGEST_HAYSTACK, _WHY),
    Entry("txtai", "txtai, as installed", _TXTAI, _txtai, fp32=True),
    Entry("txtai-int8", "txtai, our encoder", _TXTAI, _txtai_int8),
)
