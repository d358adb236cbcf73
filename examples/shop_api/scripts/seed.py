"""Fill the database with the demo catalogue and two people.

    python -m scripts.seed [--reset]
"""

import argparse

from app import models  # noqa: F401
from app.db import Base, SessionLocal, engine
from app.services.seeding import seed_catalogue, seed_people


def reset() -> None:
    Base.metadata.drop_all(bind=engine)
    Base.metadata.create_all(bind=engine)


def main() -> None:
    parser = argparse.ArgumentParser(description="demo data for the shop")
    parser.add_argument("--reset", action="store_true", help="drop all tables first")
    args = parser.parse_args()

    if args.reset:
        reset()
    else:
        Base.metadata.create_all(bind=engine)

    db = SessionLocal()
    try:
        print(f"{seed_catalogue(db)} products added")
        for person in seed_people(db):
            print(f"{person.full_name}: X-API-Token {person.api_token}")
    finally:
        db.close()


if __name__ == "__main__":
    main()
