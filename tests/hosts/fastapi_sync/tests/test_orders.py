import pytest
from fastapi.testclient import TestClient


def test_an_order_is_placed_and_shown(client: TestClient) -> None:
    placed = client.post("/orders", json={"amount": "300", "currency": "TWD"})
    assert placed.status_code == 201
    page = client.get(f"/orders/{placed.json()['id']}").json()
    assert (page["status"], float(page["amount"]), page["currency"]) == ("new", 300, "TWD")


@pytest.mark.parametrize("amount", ["0", "-3", "much"])
def test_an_order_over_nothing_is_refused(client: TestClient, amount: str) -> None:
    answer = client.post("/orders", json={"amount": amount, "currency": "TWD"})
    assert answer.status_code == 422


@pytest.mark.parametrize("order", ["0", "nobody", "99999999999999999999"])
def test_an_unknown_order_is_not_found(client: TestClient, order: str) -> None:
    assert client.get(f"/orders/{order}").status_code == 404


def test_the_server_is_alive(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
