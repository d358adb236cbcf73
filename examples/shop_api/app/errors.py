class ShopError(Exception):
    """Something the customer can understand; becomes a JSON answer in main.py."""

    status_code = 400

    def __init__(self, message: str):
        super().__init__(message)
        self.message = message


class NotFound(ShopError):
    status_code = 404


class OutOfStock(ShopError):
    status_code = 409


class PaymentDeclined(ShopError):
    status_code = 402
