"""The end-to-end tests: prints PASS, FAIL or SKIP for each check.

    e2e.py [NAME ...]     all checks, or those named

Needs the build of KONTOR_BUILD (build/release) and what ./kontor setup brings.
"""

import copy
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "harness")]

import check_access as access  # noqa: E402
import check_forecasts as forecasting  # noqa: E402
import check_imports as imports  # noqa: E402
import check_input as wrong  # noqa: E402
import check_live as live  # noqa: E402
import check_search as searching  # noqa: E402
import check_servers as servers  # noqa: E402
from checking import Checks  # noqa: E402
from fleet import Fleet  # noqa: E402
from made_shop import write_shop  # noqa: E402
from order_file import mapping_path  # noqa: E402
from stand import ALL_ROLES, ROOT, Stand, end_by_signal  # noqa: E402

KEYS = {"all": ALL_ROLES, "storefront": ["ROLE_STOREFRONT"], "analyst": ["ROLE_ANALYST"]}
# In this order: imports are compared with their files before single events come on top.
SHARED = (
    imports.an_import_survives_kills_of_the_server, imports.the_same_file_again_changes_nothing,
    imports.an_import_survives_a_kill_of_kontorctl, imports.wrong_rows_are_told_by_line_and_the_rest_is_taken,
    imports.a_mapping_that_does_not_fit_is_told_before_the_first_row,
    wrong.wrong_events_are_refused_among_right_ones, wrong.all_violations_are_told_at_once,
    wrong.a_used_event_id_is_refused_with_other_content, wrong.an_event_of_ten_megabytes_is_refused,
    wrong.broken_utf8_is_refused, wrong.an_unreadable_message_is_refused,
    wrong.questions_that_make_no_sense_are_refused, wrong.too_many_events_are_refused_as_a_whole,
    access.every_rpc_wants_a_key, access.every_rpc_wants_one_of_its_roles, access.another_shop_is_refused,
    access.reflection_and_metrics_stay_off_the_public_port, access.a_storefront_key_may_do_a_storefronts_work,
    live.an_order_changes_the_figures_within_a_second, live.an_order_changes_the_recommendations_within_a_second,
    live.everyone_gets_an_answer, live.a_rule_is_tried_obeyed_and_explained, live.a_watched_figure_follows,
    live.a_return_and_a_cancellation_correct_the_figures,
    live.analysts_read_their_views_and_nothing_else, live.the_log_can_be_followed,
    live.the_quality_report_counts_what_was_refused,
    searching.a_catalogue_is_imported_to_be_searched, searching.a_filter_by_price_and_brand_narrows_the_results,
    searching.a_typo_is_read_as_what_was_meant, searching.what_is_typed_is_completed, searching.an_answer_is_explained,
    searching.curation_is_obeyed_and_forgotten,
    forecasting.a_run_forecasts_every_series, forecasting.a_forecast_is_answered_with_its_uncertainty,
    forecasting.methods_are_compared_on_the_past, forecasting.the_past_is_taken_apart, forecasting.stock_is_planned,
    forecasting.a_question_that_cannot_be_answered_is_explained,
    servers.a_port_in_use_is_named, servers.a_wrong_configuration_is_named, servers.a_missing_postgres_is_named,
)
ALONE = (servers.a_full_disk_stops_an_import_and_not_the_house, servers.the_demo_shows_a_shop_and_ends)


class World:
    """What the checks share: a running fleet, its caller with all roles, two order files and their mapping."""

    def __init__(self, stand):
        self.stand, self.folder = stand, stand.folder
        self.fleet = Fleet(stand.address, stand.keys["all"])
        self.mapping = mapping_path(ROOT, "online-retail")
        self.first = write_shop(os.path.join(self.folder, "first.csv"), imports.ROWS, seed=1)
        self.second = write_shop(os.path.join(self.folder, "second.csv"), imports.ROWS, seed=2, first_invoice=700_000)
        self.no_postgres = servers.Failing(stand, "no-postgres", postgres="host=/nowhere dbname=kontor user=kontor")

    def with_fleet(self, fleet):
        other = copy.copy(self)
        other.fleet = fleet
        return other


def main(names):
    known = {function.__name__ for function in SHARED + ALONE}
    if unknown := [name for name in names if name not in known]:
        sys.exit(f"e2e.py: there is no check {unknown[0]}")
    end_by_signal()
    checks = Checks(names)
    with Stand(7860, keys=KEYS) as stand:
        world = World(stand)
        try:
            for function in SHARED:
                checks.run(function, world)
            world.fleet.channel.close()
            stand.stop_process()
            for function in ALONE:
                checks.run(function, world)
        finally:
            world.no_postgres.process.kill()
    sys.exit(1 if checks.failed else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
