from typing import Any, Generic, TypeVar

from sqlalchemy.orm import Session

from app.db import Base

ModelType = TypeVar("ModelType", bound=Base)


class BaseRepository(Generic[ModelType]):
    """What every table needs. The interesting queries are in the subclasses."""

    def __init__(self, model: type[ModelType], db: Session):
        self.model = model
        self.db = db

    def get(self, id: int) -> ModelType | None:
        return self.db.query(self.model).get(id)

    def get_many(self, limit: int = 50, offset: int = 0) -> list[ModelType]:
        return self.db.query(self.model).order_by(self.model.id).offset(offset).limit(limit).all()

    def count(self) -> int:
        return self.db.query(self.model).count()

    def exists(self, **values: Any) -> bool:
        query = self.db.query(self.model).filter_by(**values)
        return self.db.query(query.exists()).scalar()

    def create(self, **values: Any) -> ModelType:
        obj = self.model(**values)
        self.db.add(obj)
        self.db.commit()
        self.db.refresh(obj)
        return obj

    def update(self, obj: ModelType, values: dict[str, Any]) -> ModelType:
        for name, value in values.items():
            setattr(obj, name, value)
        self.db.commit()
        self.db.refresh(obj)
        return obj

    def delete(self, obj: ModelType) -> None:
        self.db.delete(obj)
        self.db.commit()
