from sqlalchemy import Column, Date, DateTime, ForeignKey, Integer, String, Table, Text, func
from sqlalchemy.orm import relationship

from .database import Base

shelf_books = Table(
    "shelf_books",
    Base.metadata,
    Column("shelf_id", Integer, ForeignKey("shelves.id"), primary_key=True),
    Column("book_id", Integer, ForeignKey("books.id"), primary_key=True),
)

meeting_members = Table(
    "meeting_members",
    Base.metadata,
    Column("meeting_id", Integer, ForeignKey("meetings.id"), primary_key=True),
    Column("member_id", Integer, ForeignKey("members.id"), primary_key=True),
)


class Member(Base):
    __tablename__ = "members"

    id = Column(Integer, primary_key=True)
    name = Column(String(80), nullable=False, unique=True)
    joined_at = Column(DateTime, server_default=func.now())

    shelves = relationship("Shelf", back_populates="owner")
    notes = relationship("Note", back_populates="member")


class Author(Base):
    __tablename__ = "authors"

    id = Column(Integer, primary_key=True)
    name = Column(String(120), nullable=False)
    country = Column(String(60))

    books = relationship("Book", back_populates="author", order_by="Book.year")


class Book(Base):
    __tablename__ = "books"

    id = Column(Integer, primary_key=True)
    title = Column(String(200), nullable=False)
    year = Column(Integer)
    author_id = Column(Integer, ForeignKey("authors.id"), nullable=False)

    author = relationship("Author", back_populates="books")
    notes = relationship("Note", back_populates="book", cascade="all, delete-orphan", order_by="Note.id")
    shelves = relationship("Shelf", secondary=shelf_books, back_populates="books", order_by="Shelf.name")

    @property
    def stars(self):
        """The mean of what members gave, or None while nobody has read it."""
        if not self.notes:
            return None
        return sum(note.stars for note in self.notes) / len(self.notes)

    @property
    def full_title(self):
        return f"{self.title} by {self.author.name}"


class Shelf(Base):
    __tablename__ = "shelves"

    id = Column(Integer, primary_key=True)
    slug = Column(String(60), nullable=False, unique=True)
    name = Column(String(80), nullable=False)
    owner_id = Column(Integer, ForeignKey("members.id"))

    owner = relationship("Member", back_populates="shelves")
    books = relationship("Book", secondary=shelf_books, back_populates="shelves", order_by="Book.title")


class Note(Base):
    __tablename__ = "notes"

    id = Column(Integer, primary_key=True)
    stars = Column(Integer, nullable=False)
    text = Column(Text, nullable=False, default="")
    book_id = Column(Integer, ForeignKey("books.id"), nullable=False)
    member_id = Column(Integer, ForeignKey("members.id"), nullable=False)

    book = relationship("Book", back_populates="notes")
    member = relationship("Member", back_populates="notes")


class Meeting(Base):
    __tablename__ = "meetings"

    id = Column(Integer, primary_key=True)
    held_on = Column(Date, nullable=False)
    place = Column(String(120), nullable=False)
    book_id = Column(Integer, ForeignKey("books.id"), nullable=False)

    book = relationship("Book")
    members = relationship("Member", secondary=meeting_members, order_by="Member.name")
