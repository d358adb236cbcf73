"""Names that tell which pydantic a program can be imported with.

Sources: pydantic 2 `pydantic._migration.REMOVED_IN_V2` and its `getattr_migration`, which raises `PydanticImportError`
for them; "Migration Guide". Each was imported with pydantic 1.10.27, where all are found, and 2.14, where none is.
"""

from __future__ import annotations

_REFUSED = {
    "pydantic": "BaseSettings ConstrainedBytes ConstrainedDate ConstrainedDecimal ConstrainedFloat ConstrainedFrozenSet"
    " ConstrainedInt ConstrainedList ConstrainedSet ConstrainedStr NoneBytes NoneStr NoneStrBytes Protocol Required"
    " StrBytes compiled create_model_from_namedtuple create_model_from_typeddict parse_file_as parse_raw_as stricturl"
    " validate_model",
    "pydantic.datetime_parse": "parse_datetime",
    "pydantic.env_settings": "BaseSettings SettingsSourceCallable",
    "pydantic.error_wrappers": "ErrorWrapper",
    "pydantic.fields": "ModelField Undefined",
    "pydantic.main": "ModelMetaclass validate_model",
    "pydantic.networks": "stricturl",
    "pydantic.tools": "parse_file_as parse_raw_as",
    "pydantic.utils": "get_model",
}
_NEWER = (
    "AfterValidator AliasChoices AliasPath BeforeValidator ConfigDict PlainSerializer RootModel TypeAdapter"
    " WrapValidator computed_field field_serializer field_validator model_serializer model_validator"
)

#: what pydantic 2 has no more
REFUSED_BY_2 = frozenset(f"{module}.{name}" for module, names in _REFUSED.items() for name in names.split())
#: what pydantic 1 has not
ONLY_IN_2 = frozenset(f"pydantic.{name}" for name in _NEWER.split())
#: modules that come with pydantic 2, which code that is half moved has beside the old names
MODULES_OF_2 = ("pydantic_settings.", "pydantic.v1.", "pydantic.functional_validators.", "pydantic_core.")
