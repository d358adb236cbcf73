from functools import lru_cache

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    shop_name: str = "Beanline"
    database_url: str = "sqlite:///./shop.db"
    sql_echo: bool = False
    seed_on_startup: bool = True
    max_page_size: int = 100


@lru_cache
def get_settings() -> Settings:
    return Settings()


settings = get_settings()
