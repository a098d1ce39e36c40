"""Who is alerted first and why, case by case."""

from datetime import UTC, datetime, timedelta

from policies.decisions.routing import CandidateFacts, Reach, Routing, Source, Standing, Wanted, behind, route

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOTHING = Wanted()


def someone(number: int, name: str, place: int = 1, **facts: object) -> CandidateFacts:
    return CandidateFacts(number, name, f"{name} is on the list.", **{"source": Source.ON_CALL, "place": place, **facts})  # type: ignore[arg-type]


def names(routing: Routing) -> list[str]:
    return [place.person.name for place in routing.ordered]


def why_not(routing: Routing) -> dict[str, str]:
    return {exclusion.person.name: exclusion.why for exclusion in routing.excluded}


def test_equal_people_keep_the_order_of_their_source_however_they_are_given() -> None:
    people = [someone(3, "Ana", 1), someone(1, "Tom", 2), someone(2, "Kim", 3)]
    assert names(route(NOTHING, people, AT)) == names(route(NOTHING, people[::-1], AT)) == ["Ana", "Tom", "Kim"]


def test_whoever_brings_more_of_what_is_wanted_comes_first_and_nobody_is_left_out() -> None:
    wanted = Wanted(("Databases", "cards"), ("de",), "Spain")
    people = [
        someone(1, "Ana", 1),
        someone(2, "Tom", 2, skills=("databases",), languages=("de-AT",)),
        someone(3, "Kim", 3, skills=("cards", "databases"), languages=("de",), regions=("SPAIN",)),
    ]
    found = route(wanted, people, AT)
    assert (names(found), found.excluded) == (["Kim", "Tom", "Ana"], ())
    assert found.ordered[0].why == ("Kim is on the list.", "Has Databases, cards, language de and region Spain.")
    assert found.ordered[1].why[1] == "Has Databases and language de, not cards and region Spain."
    assert found.ordered[2].why[1] == "Has nothing of what is wanted: Databases, cards, language de and region Spain."


def test_a_regional_language_is_not_met_by_the_language_at_large() -> None:
    wanted = Wanted(languages=("pt-BR",))
    people = [someone(1, "Ana", 1, languages=("pt",)), someone(2, "Tom", 2, languages=("pt-BR",))]
    assert names(route(wanted, people, AT)) == ["Tom", "Ana"]


def test_whoever_is_on_call_comes_before_whoever_only_has_the_skill() -> None:
    wanted = Wanted(("databases",))
    people = [someone(1, "Ana", 1, source=Source.MEMBER, skills=("databases",)), someone(2, "Tom", 2)]
    assert names(route(wanted, people, AT)) == ["Tom", "Ana"]
    assert behind(wanted, people[0], people[1], AT) == "Ana is not on call."
    occupied = [people[0], someone(2, "Tom", 2, standing=Standing.BUSY)]
    assert names(route(wanted, occupied, AT)) == ["Tom", "Ana"]


def test_the_busy_come_after_the_free_and_the_away_are_left_out_with_the_reason() -> None:
    people = [
        someone(1, "Ana", 1, standing=Standing.AWAY, until=AT + timedelta(days=2), occupied="on leave"),
        someone(2, "Tom", 2, standing=Standing.BUSY, occupied="holds INC-000012", skills=("databases",)),
        someone(3, "Kim", 3),
    ]
    found = route(Wanted(("databases",)), people, AT)
    assert names(found) == ["Kim", "Tom"]
    assert why_not(found) == {"Ana": "Ana is away until 4 Mar 09:00 UTC: on leave."}
    assert found.ordered[1].why[-2:] == ("Tom is busy: holds INC-000012.", "Comes after their equals who are free.")


def test_when_all_are_away_they_are_alerted_and_it_is_said() -> None:
    found = route(NOTHING, [someone(1, "Ana", standing=Standing.AWAY, until=AT + timedelta(hours=2))], AT)
    assert found.ordered[0].why == ("Ana is on the list.", "Ana is away until 11:00 UTC.", "Nobody else is left.")


def test_nobody_who_left_or_cannot_be_reached_is_placed() -> None:
    people = [
        someone(1, "Ana", active=False),
        someone(2, "Tom", reach=Reach.NONE),
        someone(3, "Kim", reach=Reach.ONLY_EMAIL),
    ]
    assert route(NOTHING, people, AT).ordered == ()
    assert why_not(route(NOTHING, people, AT)) == {
        "Ana": "Ana is inactive.",
        "Tom": "Tom has no active contact point.",
        "Kim": "Kim can be reached by e-mail only, which carries no alert.",
    }


def test_when_it_is_urgent_whoever_is_known_to_be_reachable_comes_first() -> None:
    people = [someone(1, "Ana", 1, reach=Reach.UNVERIFIED), someone(2, "Tom", 2)]
    assert names(route(NOTHING, people, AT)) == ["Ana", "Tom"]
    urgent = Wanted(urgent=True)
    assert names(route(urgent, people, AT)) == ["Tom", "Ana"]
    assert behind(urgent, people[0], people[1], AT) == "Ana is not known to be reachable; Tom is, and it is urgent."


def test_a_person_from_two_sources_counts_once_by_the_stronger_one() -> None:
    found = route(NOTHING, [someone(1, "Ana", 5, source=Source.MEMBER), someone(1, "Ana", 7)], AT)
    assert [(place.person.source, place.person.place) for place in found.ordered] == [(Source.ON_CALL, 7)]
