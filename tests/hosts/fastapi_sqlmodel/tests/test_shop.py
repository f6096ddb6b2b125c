import pytest
from fastapi.testclient import TestClient


def test_an_order_is_placed_and_shown(client: TestClient) -> None:
    placed = client.post("/orders", json={"amount": "120.5", "currency": "USD", "what": "oolong"})
    assert placed.status_code == 201
    page = client.get(f"/orders/{placed.json()['id']}").json()
    assert (page["status"], float(page["amount"]), page["currency"]) == ("new", 120.5, "USD")


def test_other_money_is_refused(client: TestClient) -> None:
    assert client.post("/orders", json={"amount": "1", "currency": "EUR"}).status_code == 422


@pytest.mark.parametrize("order", ["0", "nobody", "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"])
def test_an_unknown_order_is_not_found(client: TestClient, order: str) -> None:
    assert client.get(f"/orders/{order}").status_code == 404


def test_the_server_is_alive(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
