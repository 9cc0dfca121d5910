"""What an index is in Milvus: one collection that says which generation is in force, and two that hold it.

ask_the_articles               a record of each generation, and the lease of whoever writes
ask_the_articles_N_articles    articles, their texts in parts
ask_the_articles_N_passages    passages, with what is searched: the vector, and the words for Milvus's BM25 function
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pymilvus import CollectionSchema
    from pymilvus.milvus_client.index import IndexParams

    from index.milvus.connection import Connection

RECORDS = "ask_the_articles"
# As tantivy has them, so that a folder's index and this one agree.
_BM25 = {"bm25_k1": 1.2, "bm25_b": 0.75}
# The most that Milvus takes: bytes of a string, and elements of an array.
_LONGEST, _MOST = 65_535, 4096
# No collection may be without a vector, so those that need none have this one.
NO_VECTOR = {"nothing": [0.0, 0.0]}


@dataclass(frozen=True, slots=True)
class Collections:
    """The two collections of an index; one that is made anew gets others, numbered on."""

    number: int

    @property
    def articles(self) -> str:
        """The collection of the articles."""
        return f"{RECORDS}_{self.number}_articles"

    @property
    def passages(self) -> str:
        """The collection of the passages."""
        return f"{RECORDS}_{self.number}_passages"

    @classmethod
    def all(cls, connection: Connection) -> list[Collections]:
        """Those that there are, whole or not, in use or left behind."""
        named = (re.fullmatch(rf"{RECORDS}_(\d+)_(?:articles|passages)", name) for name in connection.collections())
        return [cls(number) for number in sorted({int(match[1]) for match in named if match})]

    def create(self, connection: Connection, dim: int) -> None:
        """Make both, empty; the passages last, so that where they are, both are."""
        connection.create(self.articles, *_articles(connection))
        connection.create(self.passages, *_passages(connection, dim))

    def load(self, connection: Connection) -> None:
        """Have Milvus hold both ready to be asked."""
        connection.load(self.articles)
        connection.load(self.passages)

    def drop(self, connection: Connection) -> None:
        """Delete both, and all that they hold."""
        connection.drop(self.passages)
        connection.drop(self.articles)


def create_records(connection: Connection) -> None:
    """Make the collection that says which generation is in force, where there is none yet."""
    if not connection.has(RECORDS):
        schema, indexes = _schema(connection)
        _numbers(schema, "generation", "part", "parts")
        _texts(schema, "stamp", "text")
        connection.create(RECORDS, *_without_vector(schema, indexes))


def _articles(connection: Connection) -> tuple[CollectionSchema, IndexParams]:
    schema, indexes = _schema(connection)
    _numbers(schema, "article", "part")
    _texts(schema, "name")
    _texts(schema, "text", mmap_enabled=True)
    _texts(schema, *HEAD_TEXTS, nullable=True)
    _numbers(schema, "words", "passages", nullable=True)
    indexes.add_index("name", index_type="INVERTED")
    return _without_vector(schema, indexes)


# What only the first part of an article's text has beside it.
HEAD_TEXTS = ("title", "source", "author", "published", "url", "language", "path", "digest", "indexed", "recipe")


def _passages(connection: Connection, dim: int) -> tuple[CollectionSchema, IndexParams]:
    from pymilvus import DataType, Function, FunctionType

    schema, indexes = _schema(connection)
    _numbers(schema, "article", "ordinal", "start", "stop")
    _texts(schema, "name")
    _texts(schema, "source", "published", nullable=True)
    # What is only fetched need not lie in a server's memory.
    array = {"datatype": DataType.ARRAY, "max_capacity": _MOST, "mmap_enabled": True}
    _texts(schema, "text", mmap_enabled=True)
    schema.add_field("sentences", element_type=DataType.INT64, **array)
    schema.add_field("sentence_vectors", element_type=DataType.VARCHAR, max_length=_LONGEST, **array)
    schema.add_field(
        "words",
        DataType.VARCHAR,
        max_length=_LONGEST,
        enable_analyzer=True,
        enable_match=True,
        analyzer_params={"tokenizer": "standard"},
    )
    schema.add_field("bm25", DataType.SPARSE_FLOAT_VECTOR)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dim)
    schema.add_function(
        Function(name="bm25", function_type=FunctionType.BM25, input_field_names=["words"], output_field_names=["bm25"])
    )
    # Milvus Lite is for few articles, so its search is exact; a server knows which index suits it.
    indexes.add_index("vector", index_type="FLAT" if connection.lite else "AUTOINDEX", metric_type="IP")
    indexes.add_index("bm25", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25", params=_BM25)
    indexes.add_index("article", index_type="INVERTED")
    return schema, indexes


def _schema(connection: Connection) -> tuple[CollectionSchema, IndexParams]:
    from pymilvus import DataType

    schema = connection.client.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("id", DataType.INT64, is_primary=True)
    return schema, connection.client.prepare_index_params()


def _numbers(schema: CollectionSchema, *names: str, **how: bool) -> None:
    from pymilvus import DataType

    for name in names:
        schema.add_field(name, DataType.INT64, **how)


def _texts(schema: CollectionSchema, *names: str, **how: bool) -> None:
    from pymilvus import DataType

    for name in names:
        schema.add_field(name, DataType.VARCHAR, max_length=_LONGEST, **how)


def _without_vector(schema: CollectionSchema, indexes: IndexParams) -> tuple[CollectionSchema, IndexParams]:
    from pymilvus import DataType

    (name, vector), *_ = NO_VECTOR.items()
    schema.add_field(name, DataType.FLOAT_VECTOR, dim=len(vector))
    indexes.add_index(name, index_type="FLAT", metric_type="IP")
    return schema, indexes
