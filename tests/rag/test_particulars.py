"""The same number, date or name is known as the same, however it is written."""

from __future__ import annotations

import pytest

from rag.particulars import dates, lacking, names, numbers, particulars, same


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("5,600 men, 5600 women", ["5600", "5600"]),
        ("ten, the tenth, the 10th, 10", ["10", "10", "10", "10"]),
        ("twenty-five, the twenty-fifth, a hundred, two hundred and fifty", ["25", "25", "100", "250"]),
        ("10 %, 10 percent, 10 per cent, ten percent", ["10%", "10%", "10%", "10%"]),
        ("$5 million, US$5m, 5 million dollars, €3.5bn", ["$5000000", "$5000000", "$5000000", "€3500000000"]),
        ("3.5 and 3,5 and 1.234.567", ["3.5", "3.5", "1234567"]),
        ("from 5 to 10 %, 5–10 million", ["5%", "10%", "5000000", "10000000"]),
        ("half of them, two-thirds of it, a quarter of all", ["50%", "2/3", "25%"]),
        ("300–200 BC", ["300 BC", "200 BC"]),
        ("at 10:30 with version 3.11.2 at -5 degrees", ["10:30", "3.11.2", "-5"]),
        ("1500 soldiers in 1998", ["1500"]),
        ("one of the first, and a second", []),
        ("", []),
        ("😀 H1N1", []),
    ],
)
def test_numbers_are_the_same_in_figures_and_in_words(text: str, values: list[str]) -> None:
    assert [number.value for number in numbers(text)] == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("17 July 2017, July 17, 2017, 2017-07-17, 17/7/2017, 17.7.2017, the 17th of July, 2017", ["2017-07-17"] * 6),
        ("July 2017, in Jul. 2017, 2017-07", ["2017-07"] * 3),
        ("on 17 July, in May", ["XXXX-07-17", "XXXX-05"]),
        ("May I march in the march?", []),
        ("5/8/2024", ["2024-05-08|2024-08-05"]),
        ("17–20 July 2017", ["2017-07-17", "2017-07-20"]),
        ("the 1990s, the '90s, the 90s", ["199X"] * 3),
        ("the 19th century, nineteenth-century, the 1800s", ["18XX"] * 3),
        ("1990–95, 1990-1995", ["1990", "1995", "1990", "1995"]),
        ("in 1998 elections, the 1998 elections, 1500 soldiers, 2,017 men, $1998", ["1998", "1998"]),
        ("31/31/2024 and 99.99.2024", ["2024"]),
    ],
)
def test_dates_are_the_same_in_every_form(text: str, values: list[str]) -> None:
    assert [date.value for date in dates(text)] == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("He met Dr. Martin Luther King Jr. in Washington.", ["martin luther king", "washington"]),
        ("The U.S. and the United States of America", ["us", "united states america"]),
        ("Russia's president Vladimir Putin said: “We must go.” Then Xi spoke.", ["russia", "vladimir putin", "xi"]),
        ("Vladimir Putin spoke.", ["vladimir putin"]),
        ("Construction began.", []),
        ("World War II, the Second World War", ["world war 2", "2 world war"]),
        ("the Sino-Russian José O'Brien", ["sino russian jose obrien"]),
        ("on Monday, 17 July 2017, at 5 PM", ["monday"]),
        ("Договор подписан: ЕС и Россия", ["ес", "россия"]),
        ("ALL IS SHOUTED HERE", []),
        ("NATO", ["nato"]),
        ("print(x) # 漢字 😀", []),
    ],
)
def test_names_are_told_by_their_capitals(text: str, values: list[str]) -> None:
    assert [name.value for name in names(text)] == values


def test_a_word_that_only_begins_a_sentence_is_a_name_where_it_is_known_as_one() -> None:
    assert [name.value for name in names("China agreed.", frozenset({"china"}))] == ["china"]
    assert names("China agreed.") == []


def test_each_is_found_where_it_stands() -> None:
    text = "In July 2017 the U.S. sent $5 million, ten percent of it to José's son."
    said = [text[slice(*item.place)] for item in particulars(text)]
    assert said == ["$5 million", "ten percent", "July 2017", "U.S.", "José's"]


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("The US joined.", "The United States joined."),
        ("It was the United States.", "It was the U.S."),
        ("It was Dr. King.", "Martin Luther King spoke."),
        ("The members of the Shanghai Cooperation Organization met.", "The SCO's members met."),
        ("the Chinese, the French and the Russians", "China, France and Russia"),
        ("in July 2017", "on 17 July 2017"),
        ("on 17 July 2017", "On 17 July, months after the vote of 2017"),
        ("in the 1990s, in the 20th century", "in 1995"),
        ("one of two", "a single one of both"),
        ("5 million", "$5 million"),
        ("on the 17th", "on 17 July"),
        ("in World War II", "in the Second World War"),
        ("500", "500 pounds"),
        ("43 metres high", "the 43-meter tower"),
        ("43 feet", "a height of 43"),
        ("in two years, for 5 tons", "in 2 years, for five tonnes"),
        ("5 metres", "5 to 10 m"),
    ],
)
def test_what_is_said_in_another_way_is_not_lacking(claim: str, text: str) -> None:
    assert lacking(particulars(claim), text) == []


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("on 17 July 2017", "in July 2017"),
        ("on 18 July 2017", "on 17 July 2017"),
        ("in July 2018", "in July 2017, and in August 2018"),
        ("in 1995", "in the 1990s"),
        ("5 percent", "5 people"),
        ("300 BC", "in 300"),
        ("for Ms. Iran", "for Mr. Iraq"),
        ("by Austria", "by Australia"),
        ("in World War II", "in World War I"),
        ("$5 million", "€5 million"),
        ("500 euros", "500 pounds"),
        ("500 euros", "500 pounds for 500 visitors"),
        ("500 percent", "500 pounds"),
        ("500 people", "500 %"),
        ("43 feet high", "43 metres high"),
        ("1,200 kilograms", "1,200 tonnes"),
        ("43 kilometres", "forty-three metres"),
        ("43 square metres", "43 metres"),
        ("200 tonnes", "1,200 tonnes"),
        ("three weeks", "three days"),
    ],
)
def test_what_is_more_exact_or_else_is_lacking(claim: str, text: str) -> None:
    assert len(lacking(particulars(claim), text)) == 1


def test_the_same_is_told_from_another() -> None:
    def alike(one: str, other: str) -> bool:
        return same(particulars(one)[0], particulars(other)[0])

    assert alike("in July 2017", "on 17 July 2017")
    assert alike("the King", "the Martin Luther King")
    assert alike("the SCO", "the Shanghai Cooperation Organisation")
    assert alike("US$5m", "five million dollars")
    assert not alike("in July 2017", "in August 2017")
    assert not alike("10 %", "10")
    assert not alike("by Putin", "by Xi")
