from greeting import greeting


def test_a_greeting_names_the_person() -> None:
    assert "Ada" in greeting("Ada")


def test_a_greeting_ends_with_an_exclamation_mark() -> None:
    assert greeting("Ada").endswith("!")
