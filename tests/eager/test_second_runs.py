"""Refreshes that one run leaves or writes, and that expire what the instance holds: the next run changes nothing."""

from __future__ import annotations

from pathlib import Path

from .apps import HEAD, prove, serve, transformed

TABLES = (
    HEAD
    + """

class Folder(Base):
    __tablename__ = "folders"
    id: Mapped[int] = mapped_column(primary_key=True)
    is_open: Mapped[bool] = mapped_column(default=False)
    sheets: Mapped[list["Sheet"]] = relationship(cascade="all, delete-orphan", back_populates="folder")


class Sheet(Base):
    __tablename__ = "sheets"
    id: Mapped[int] = mapped_column(primary_key=True)
    folder_id: Mapped[int] = mapped_column(ForeignKey("folders.id"))
    folder: Mapped[Folder] = relationship(back_populates="sheets")


@app.post("/fill")
def fill(db: Session = Depends(get_db)):
    db.add(Folder(id=1, sheets=[Sheet(id=1), Sheet(id=2)]))
    db.commit()
"""
)


def test_a_refresh_whose_relationship_is_loaded_by_its_name(tmp_path: Path) -> None:
    text = (
        TABLES
        + """

@app.post("/copy")
def copy(db: Session = Depends(get_db)):
    known = db.scalars(select(Sheet).order_by(Sheet.id)).all()
    names = [sheet.folder.id for sheet in known]
    folder = Folder(sheets=[Sheet(id=7)])
    db.add(folder)
    db.commit()
    db.refresh(folder)
    return [names, len(folder.sheets), [sheet.id for sheet in known]]
"""
    )
    after = prove({"main.py": text}, tmp_path, [("POST", "/fill"), ("POST", "/copy")])
    assert "db.get(Folder, inspect(folder).identity, populate_existing=True)" in after
    assert 'db.refresh(folder, ["sheets"])' in after


def test_a_refresh_that_is_written_for_what_the_mapping_loads(tmp_path: Path) -> None:
    text = (
        TABLES
        + """

@app.post("/more")
def more(db: Session = Depends(get_db)):
    folder = db.get(Folder, 1)
    sheets = db.scalars(select(Sheet).order_by(Sheet.id)).all()
    first = len(folder.sheets)
    db.add(Sheet(id=9, folder_id=1))
    db.commit()
    return [first, len(folder.sheets), folder.is_open, [sheet.id for sheet in sheets]]
"""
    )
    text = text.replace('="folder")', '="folder", lazy="selectin")', 1)
    after, codes = transformed({"main.py": text})
    requests = [("POST", "/fill"), ("POST", "/more")]
    old, new = serve({"main.py": text}, tmp_path, requests), serve(after, tmp_path, requests)
    assert [a.content for a in new] == [a.content for a in old]
    assert not codes
    assert "db.get(Folder, inspect(folder).identity, populate_existing=True)" in after["main.py"]
