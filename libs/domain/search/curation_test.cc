#include "libs/domain/search/curation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/random.h"
#include "libs/testing/seed.h"

namespace kontor::search {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::shared_ptr<const Curation> Rules(std::vector<CurationRule> rules) {
  auto curation = Curation::Build(std::move(rules));
  EXPECT_TRUE(curation.ok()) << curation.status();
  return *std::move(curation);
}

std::vector<RankedProduct> Ranked() { return {{"a", 10}, {"b", 8}, {"c", 6}, {"d", 4}, {"e", 2}}; }

// A filter is a list of ids.
bool Matches(absl::string_view id, absl::string_view filter) { return absl::StrContains(filter, id); }
bool Exists(absl::string_view id) { return id != "gone"; }

CuratedList Apply(const std::shared_ptr<const Curation>& curation, absl::string_view query = "red shoes") {
  return curation->Apply(curation->Plan({.query = std::string(query)}), Ranked(), Matches, Exists);
}
std::string Ids(const CuratedList& list) {
  return absl::StrJoin(list.products, " ", [](std::string* out, const CuratedProduct& p) {
    absl::StrAppend(out, p.id, p.pinned ? "!" : "");
  });
}
std::vector<std::string> Shown(const std::vector<CurationTrace>& traces) {
  std::vector<std::string> shown;
  for (const CurationTrace& t : traces)
    shown.push_back(absl::StrCat(t.rule_id, ": ", t.action, " ", t.from, ">", t.to,
                                 t.lost_to.empty() ? "" : absl::StrCat(" lost to ", t.lost_to)));
  return shown;
}

TEST(Curation, PinsHidesAndBoosts) {
  const auto list =
      Apply(Rules({{.id = "r",
                    .queries = {"Red  Shoes!"},
                    .actions = {PinProduct{"d", 1}, PinProduct{"new", 3}, HideProduct{"b"}, BoostProducts{"e", 6}}}}));
  EXPECT_EQ(Ids(list), "d! e new! a c");
  EXPECT_DOUBLE_EQ(list.products[1].score, 12);
  EXPECT_THAT(Shown(list.trace),
              ElementsAre("r: pin d at 1 4>1", "r: pin new at 3 0>3", "r: hide b 2>0", "r: boost e by 6 5>2"));
}

TEST(Curation, ConditionsMustAllHold) {
  const auto with = [](CurationRule rule) {
    rule.id = "r";
    rule.actions = {ShowBanner{"hello"}};
    return Rules({rule});
  };
  const auto holds = [](const std::shared_ptr<const Curation>& c, const CurationRequest& request) {
    return !c->Plan(request).banners.empty();
  };
  EXPECT_TRUE(holds(with({}), {}));
  EXPECT_TRUE(holds(with({.queries = {"x", "Café"}}), {.query = " cafe "}));
  EXPECT_FALSE(holds(with({.queries = {"cafe"}}), {.query = "cafe bar"}));
  EXPECT_TRUE(holds(with({.words = {"bar", "cafe"}}), {.query = "Café, a bar"}));
  EXPECT_FALSE(holds(with({.words = {"bar", "cafe"}}), {.query = "cafe"}));
  EXPECT_FALSE(holds(with({.words = {"bar"}}), {.query = "barn"}));
  EXPECT_TRUE(holds(with({.category = {"A"}}), {.category = {"A", "B"}}));
  EXPECT_FALSE(holds(with({.category = {"A", "B"}}), {.category = {"A"}}));
  EXPECT_TRUE(holds(with({.segment = "vip", .device = "phone"}), {.segment = "vip", .device = "phone"}));
  EXPECT_FALSE(holds(with({.segment = "vip"}), {.segment = ""}));
  EXPECT_FALSE(holds(with({.queries = {"cafe"}, .device = "phone"}), {.query = "cafe"}));
  EXPECT_TRUE(holds(with({.start_us = 10, .end_us = 20}), {.now_us = 10}));
  EXPECT_FALSE(holds(with({.start_us = 10, .end_us = 20}), {.now_us = 20}));
  EXPECT_FALSE(holds(with({.start_us = 10, .end_us = 20}), {.now_us = 9}));
}

TEST(Curation, TheStrongerRuleWins) {
  const auto curation = Rules(
      {{.id = "everywhere",
        .actions = {PinProduct{"c", 1}, HideProduct{"a"}, Redirect{"/sale"}, ReplaceQuery{"boots"}, AddFilter{"x"}}},
       {.id = "words",
        .words = {"shoes"},
        .actions = {PinProduct{"a", 2}, Redirect{"https://shop/shoes"}, AddFilter{"y"}}},
       {.id = "query", .queries = {"red shoes"}, .actions = {PinProduct{"e", 1}, ReplaceQuery{"red boots"}}}});
  const CurationPlan plan = curation->Plan({.query = "red shoes"});
  EXPECT_EQ(plan.query, "red boots");
  EXPECT_TRUE(plan.replaced);
  EXPECT_EQ(plan.redirect_url, "https://shop/shoes");
  EXPECT_THAT(plan.filters, ElementsAre("y", "x"));
  EXPECT_THAT(Shown(plan.trace),
              ElementsAre("query: replace the query by red boots 0>0", "words: redirect to https://shop/shoes 0>0",
                          "words: filter y 0>0", "everywhere: redirect to /sale 0>0 lost to words",
                          "everywhere: replace the query by boots 0>0 lost to query", "everywhere: filter x 0>0"));
  const auto list = curation->Apply(plan, Ranked(), Matches, Exists);
  EXPECT_EQ(Ids(list), "e! a! c! b d");
  EXPECT_THAT(Shown(list.trace),
              ElementsAre("query: pin e at 1 5>1", "words: pin a at 2 1>2", "everywhere: pin c at 1 3>3 lost to query",
                          "everywhere: hide a 1>2 lost to words"));
}

TEST(Curation, PriorityGoesBeforeSpecificity) {
  const auto list = Apply(Rules({{.id = "query", .queries = {"red shoes"}, .actions = {HideProduct{"a"}}},
                                 {.id = "boss", .priority = 1, .actions = {PinProduct{"a", 1}}}}));
  EXPECT_EQ(Ids(list), "a! b c d e");
}

TEST(Curation, BoundsBoosts) {
  const auto list = Apply(Rules({{.id = "1", .actions = {BoostProducts{"e", 10}}},
                                 {.id = "2", .actions = {BoostProducts{"e a", 10}}},
                                 {.id = "3", .actions = {BoostProducts{"a", 0.1}, BoostProducts{"a", 0.1}}}}));
  EXPECT_EQ(Ids(list), "e b c d a");
  EXPECT_DOUBLE_EQ(list.products[0].score, 20);  // not 200
  EXPECT_DOUBLE_EQ(list.products[4].score, 1);   // 10 · 10 · .1 · .1 = 1, as a whole
  const auto curation = Rules({{.id = "1", .actions = {BoostProducts{"y", 2}}}});
  const std::vector<RankedProduct> negative = {{"x", -1}, {"y", -1.5}};
  EXPECT_EQ(Ids(curation->Apply(curation->Plan({}), negative, Matches, Exists)), "y x");
}

TEST(Curation, SaysWhyNothingHappened) {
  const auto list = Apply(
      Rules({{.id = "r",
              .actions = {PinProduct{"gone", 1}, HideProduct{"zz"}, BoostProducts{"zz", 2}, PinProduct{"new", 900}}}}));
  EXPECT_EQ(Ids(list), "a b c d e new!");
  ASSERT_EQ(list.trace.size(), 4U);
  EXPECT_THAT(list.trace[0].note, HasSubstr("no such product"));
  EXPECT_THAT(list.trace[1].note, HasSubstr("not in the list"));
  EXPECT_EQ(list.trace[2].to, 6U);
  EXPECT_THAT(list.trace[3].note, HasSubstr("no product"));
  EXPECT_THAT(Ids(Apply(Rules({}))), "a b c d e");
}

TEST(Curation, RefusesWithEveryViolation) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto status =
      Curation::Build(
          {{.id = "",
            .start_us = 5,
            .end_us = 5,
            .actions = {PinProduct{"", 0}, PinProduct{"p", 1'001}, HideProduct{"p"}}},
           {.id = "x",
            .queries = {"!"},
            .words = {""},
            .category = {""},
            .actions = {BoostProducts{"", 11}, BoostProducts{"f", nan}}},
           {.id = "x", .actions = {}},
           {.id = "y",
            .actions = {Redirect{"http://x"}, Redirect{"//evil"}, ShowBanner{""}, ReplaceQuery{"?"}, AddFilter{""}}},
           {.id = "z", .actions = {Redirect{"javascript:x"}, Redirect{"/a b"}}}})
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  for (const char* part : {"has no id",
                           "ends before it starts",
                           "product without id",
                           "pins at 0",
                           "pins at 1001",
                           "\"p\" twice",
                           "query without words",
                           "word without letters",
                           "category without name",
                           "without a filter",
                           "boosts by 11",
                           "boosts by nan",
                           "\"x\" does nothing, is there twice",
                           "redirects twice",
                           "\"http://x\"",
                           "\"//evil\"",
                           "banner without text",
                           "by one without words",
                           "empty filter",
                           "javascript",
                           "\"/a b\""}) {
    EXPECT_THAT(std::string(status.message()), HasSubstr(part));
  }
}

// Whatever the rules: nothing is doubled or lost but by a hide, the order of rules given does not matter, pins within
// the list stand at their places or behind a taken one, and applying twice gives the same.
TEST(Curation, HoldsItsContractOnRandomRules) {
  base::Random random(kontor::testing::Seed());
  for (int round = 0; round < 2'000; ++round) {
    std::vector<CurationRule> rules;
    for (int r = 0; r < 4; ++r) {
      CurationRule rule{.id = absl::StrCat("r", r), .priority = static_cast<int32_t>(random.Below(2))};
      std::set<std::string> used;
      for (int a = 0; a < 3; ++a) {
        const std::string id(1, static_cast<char>('a' + random.Below(8)));
        const uint64_t kind = random.Below(3);
        if (kind < 2 && !used.insert(id).second) continue;
        if (kind == 0) rule.actions.emplace_back(PinProduct{id, static_cast<uint32_t>(1 + random.Below(7))});
        if (kind == 1) rule.actions.emplace_back(HideProduct{id});
        if (kind == 2) rule.actions.emplace_back(BoostProducts{id, 0.1 + 9 * random.Uniform()});
      }
      if (!rule.actions.empty()) rules.push_back(rule);
    }
    const CuratedList list = Apply(Rules(rules));
    std::reverse(rules.begin(), rules.end());
    const CuratedList again = Apply(Rules(rules));
    ASSERT_EQ(Ids(list), Ids(again));
    ASSERT_EQ(Shown(list.trace), Shown(again.trace));
    std::set<std::string> seen;
    double last = std::numeric_limits<double>::infinity();
    for (const CuratedProduct& product : list.products) {
      ASSERT_TRUE(seen.insert(product.id).second);
      if (product.pinned) continue;
      ASSERT_LE(product.score, last);
      last = product.score;
    }
    for (const CurationTrace& trace : list.trace) {
      if (!absl::StartsWith(trace.action, "hide") || !trace.lost_to.empty()) continue;
      ASSERT_FALSE(seen.contains(trace.product_id));
      seen.insert(trace.product_id);
    }
    for (const RankedProduct& product : Ranked()) ASSERT_TRUE(seen.contains(product.id)) << product.id;
  }
}

}  // namespace
}  // namespace kontor::search
