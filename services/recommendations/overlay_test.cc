#include "services/recommendations/overlay.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/hash.h"

namespace kontor::recommendations {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const absl::Time kNow = absl::FromUnixSeconds(1323435000);

OrderSnapshot Snapshot(const std::string& id, const std::string& subject, int64_t seconds,
                       std::vector<std::string> products, int64_t revision = 0) {
  OrderSnapshot order;
  order.order_id = id;
  order.revision = revision;
  order.subject = subject;
  order.occurred_at = absl::FromUnixSeconds(seconds);
  order.products = std::move(products);
  return order;
}

std::shared_ptr<const PurchaseHistory> Stored(int64_t revision = 0) {
  PurchaseHistoryBuilder builder;
  builder.SetPlace("France", "");
  builder.Add("o-2", revision, 200'000'000, {"B"});
  builder.Add("o-1", 0, 100'000'000, {"A"});
  return std::make_shared<const PurchaseHistory>(std::move(builder).Build());
}

class OverlayTest : public ::testing::Test {
 protected:
  std::vector<std::string> Baskets(const std::string& subject, std::shared_ptr<const PurchaseHistory> stored = Stored(),
                                   absl::Time as_of = absl::InfiniteFuture()) {
    std::vector<std::string> baskets;
    for (const KnownBasket& basket : overlay_.Lay(std::move(stored), subject, {}, as_of).baskets) {
      std::string text = absl::StrCat(basket.time_micros / 1'000'000, ":");
      for (const absl::string_view product : basket.products) absl::StrAppend(&text, product);
      baskets.push_back(text);
    }
    return baskets;
  }
  std::vector<std::string> Session(std::vector<std::string> subjects) {
    std::vector<std::string> session;
    for (const KnownSeed& seed : overlay_.Lay(Stored(), "c", subjects, absl::InfiniteFuture()).session) {
      session.push_back(absl::StrCat(seed.product, "@", seed.weight));
    }
    return session;
  }
  void Step(const std::string& subject, SessionStep::Kind kind, const std::string& product, int64_t seconds) {
    overlay_.AddStep({subject}, {kind, product}, absl::FromUnixSeconds(seconds), kNow, kNow);
  }

  Overlay overlay_;
};

TEST_F(OverlayTest, LaysNewOrdersOverStoredOnesOnce) {
  EXPECT_THAT(Baskets("c"), ElementsAre("200:B", "100:A"));
  overlay_.AddOrder(Snapshot("o-3", "c", 150, {"C", "D"}), kNow, kNow);
  EXPECT_THAT(Baskets("c"), ElementsAre("200:B", "150:CD", "100:A"));
  overlay_.AddOrder(Snapshot("o-2", "c", 200, {"B"}), kNow, kNow);  // the store has it already
  EXPECT_THAT(Baskets("c"), ElementsAre("200:B", "150:CD", "100:A"));
  EXPECT_THAT(Baskets("other", std::make_shared<const PurchaseHistory>()), IsEmpty());
}

TEST_F(OverlayTest, TheHigherRevisionCountsOnBothSides) {
  overlay_.AddOrder(Snapshot("o-2", "c", 200, {"X"}, 2), kNow, kNow);
  EXPECT_THAT(Baskets("c", Stored(1)), ElementsAre("200:X", "100:A"));
  EXPECT_THAT(Baskets("c", Stored(3)), ElementsAre("200:B", "100:A"));
  overlay_.AddOrder(Snapshot("o-2", "c", 200, {"OLD"}, 1), kNow, kNow);
  EXPECT_THAT(Baskets("c", Stored(1)), ElementsAre("200:X", "100:A"));
}

TEST_F(OverlayTest, AnOrderThatChangesHandsLeavesTheFirstPerson) {
  overlay_.AddOrder(Snapshot("o-9", "c", 300, {"X"}), kNow, kNow);
  overlay_.AddOrder(Snapshot("o-9", "d", 300, {"X"}, 1), kNow, kNow);
  overlay_.AddOrder(Snapshot("o-2", "d", 200, {"B"}, 1), kNow, kNow);  // stored under c
  EXPECT_THAT(Baskets("c"), ElementsAre("100:A"));
  EXPECT_THAT(Baskets("d", std::make_shared<const PurchaseHistory>()), ElementsAre("300:X", "200:B"));
}

TEST_F(OverlayTest, CancellationIsTerminalAndMayComeFirst) {
  overlay_.CancelOrder("o-2", kNow, kNow);
  overlay_.CancelOrder("o-3", kNow, kNow);
  overlay_.AddOrder(Snapshot("o-3", "c", 150, {"C"}, 7), kNow, kNow);
  EXPECT_THAT(Baskets("c"), ElementsAre("100:A"));
}

TEST_F(OverlayTest, AsOfHidesWhatCameLater) {
  overlay_.AddOrder(Snapshot("o-3", "c", 150, {"C"}), kNow, kNow);
  EXPECT_THAT(Baskets("c", Stored(), absl::FromUnixSeconds(150)), ElementsAre("150:C", "100:A"));
  EXPECT_THAT(Baskets("c", Stored(), absl::FromUnixSeconds(149)), ElementsAre("100:A"));
}

TEST_F(OverlayTest, TakesThePlaceOfTheNewestOrder) {
  OrderSnapshot order = Snapshot("o-3", "c", 300, {"C"});
  order.country = "Spain";
  EXPECT_EQ(overlay_.Lay(Stored(), "c", {}, absl::InfiniteFuture()).country, "France");
  overlay_.AddOrder(order, kNow, kNow);
  EXPECT_EQ(overlay_.Lay(Stored(), "c", {}, absl::InfiniteFuture()).country, "Spain");
}

TEST_F(OverlayTest, SessionsFadeWithEachView) {
  Step("v", SessionStep::Kind::kViewed, "P", 300);
  Step("v", SessionStep::Kind::kViewed, "Q", 310);
  EXPECT_THAT(Session({"v"}), ElementsAre("Q@0.5", "P@0.425"));  // 0.5 * 0.85
  EXPECT_THAT(Session({"", "nobody"}), IsEmpty());
}

TEST_F(OverlayTest, CartOutweighsViewsUntilTakenOutOrBought) {
  Step("v", SessionStep::Kind::kViewed, "P", 300);
  Step("v", SessionStep::Kind::kCarted, "P", 310);
  Step("c", SessionStep::Kind::kCarted, "Q", 320);
  EXPECT_THAT(Session({"c", "v"}), ElementsAre("Q@0.9", "P@0.9"));
  EXPECT_THAT(overlay_.Lay(Stored(), "c", {"c", "v"}, absl::InfiniteFuture()).in_cart, ElementsAre("Q", "P"));
  Step("c", SessionStep::Kind::kUncarted, "Q", 330);
  EXPECT_THAT(Session({"c", "v"}), ElementsAre("P@0.9"));
  overlay_.AddOrder(Snapshot("o-3", "c", 340, {"P"}), kNow, kNow);
  EXPECT_THAT(Session({"c", "v"}), IsEmpty());
}

TEST(OverlayLimitsTest, ForgetsByTimeAndNumber) {
  Overlay overlay({.window = absl::Minutes(15), .steps_per_subject = 3, .events = 10});
  overlay.AddOrder(Snapshot("old", "c", 1, {"A"}), kNow - absl::Minutes(16), kNow);
  EXPECT_EQ(overlay.events(), 0u);
  overlay.AddOrder(Snapshot("o-1", "c", 1, {"A"}), kNow, kNow);
  for (int i = 0; i < 9; ++i) {
    overlay.AddStep({"c"}, {SessionStep::Kind::kViewed, absl::StrCat("P", i)}, absl::FromUnixSeconds(i), kNow, kNow);
  }
  const auto none = std::make_shared<const PurchaseHistory>();
  KnownPerson person = overlay.Lay(none, "c", {"c"}, absl::InfiniteFuture());
  EXPECT_EQ(person.session.size(), 3u);  // steps_per_subject
  EXPECT_EQ(person.baskets.size(), 1u);
  EXPECT_EQ(overlay.events(), 10u);
  overlay.CancelOrder("o-2", kNow, kNow);  // the eleventh: the order, which came first, goes
  EXPECT_EQ(overlay.events(), 10u);
  EXPECT_EQ(overlay.Lay(none, "c", {}, absl::InfiniteFuture()).baskets.size(), 0u);
  overlay.CancelOrder("o-3", kNow + absl::Minutes(20), kNow + absl::Minutes(20));
  EXPECT_EQ(overlay.events(), 1u);
  EXPECT_THAT(overlay.Lay(none, "c", {"c"}, absl::InfiniteFuture()).session, IsEmpty());
}

TEST_F(OverlayTest, WhatWasShownIsLaidOverWhatIsStored) {
  Impressions stored;
  stored.Show({"A", "B"}, 1'000'000);
  PurchaseHistoryBuilder builder;
  builder.SetShown(stored);
  const auto history = std::make_shared<const PurchaseHistory>(std::move(builder).Build());
  const std::vector<std::string> both = {"c", "v"};
  const auto shown = [&](absl::Time as_of = absl::InfiniteFuture()) {
    std::vector<std::string> texts;
    const KnownPerson person = overlay_.Lay(history, "c", both, as_of);
    for (const auto& product : person.shown.products()) {
      texts.push_back(absl::StrCat(product.id, product.last_micros / 1'000'000));
      EXPECT_LT(product.weight, 2.1);
    }
    return texts;
  };
  EXPECT_THAT(shown(), UnorderedElementsAre("A1", "B1"));
  overlay_.AddShown(both, {"B", "C"}, absl::FromUnixSeconds(100), kNow, kNow);  // once, though both are asked for
  overlay_.AddShown({both[0]}, {"D"}, absl::FromUnixSeconds(1), kNow, kNow);    // the store has it already
  EXPECT_THAT(shown(), UnorderedElementsAre("A1", "B100", "C100"));
  EXPECT_THAT(shown(absl::FromUnixSeconds(99)), UnorderedElementsAre("A1", "B1"));
  Step("c", SessionStep::Kind::kViewed, "A", 150);
  Step("c", SessionStep::Kind::kUncarted, "B", 150);
  EXPECT_THAT(shown(), UnorderedElementsAre("B100", "C100"));
  EXPECT_EQ(overlay_.events(), 5u);
  overlay_.AddShown({std::string("x")}, {"E"}, kNow, kNow + absl::Hours(1), kNow + absl::Hours(1));
  EXPECT_THAT(shown(), UnorderedElementsAre("A1", "B1")) << "out of the window";
  EXPECT_EQ(overlay_.events(), 1u);
}

class OverlayPeopleTest : public OverlayTest {
 protected:
  void Link(const std::string& visitor, const std::string& customer, int64_t seconds, bool linked = true) {
    overlay_.AddLink({visitor, customer, linked}, absl::FromUnixSeconds(seconds), kNow, kNow);
  }
  uint64_t PersonOf(const std::string& subject) {
    return overlay_.Lay(std::make_shared<const PurchaseHistory>(), subject, {}, absl::InfiniteFuture()).id;
  }
};

TEST_F(OverlayPeopleTest, ACustomerHasWhatTheVisitorDid) {
  overlay_.AddOrder(Snapshot("o-9", "v-1", 300, {"X"}), kNow, kNow);
  Step("v-1", SessionStep::Kind::kViewed, "Y", 310);
  EXPECT_THAT(Baskets("c-1"), ElementsAre("200:B", "100:A"));
  Link("v-1", "c-1", 320);
  EXPECT_THAT(Baskets("c-1"), ElementsAre("300:X", "200:B", "100:A"));
  EXPECT_THAT(overlay_.Lay(Stored(), "c-1", {}, absl::InfiniteFuture()).session[0].product, "Y");
  EXPECT_EQ(PersonOf("v-1"), base::StableHash("c-1"));  // whose rows of a model are theirs
  EXPECT_THAT(Baskets("v-1", std::make_shared<const PurchaseHistory>()), ElementsAre("300:X"));
}

TEST_F(OverlayPeopleTest, TheNewestLinkWins) {
  const std::vector<std::string> stored = {"v-0", "v-1"};
  EXPECT_THAT(overlay_.VisitorsOf("c-1", stored), ElementsAre("v-0", "v-1"));
  Link("v-1", "c-2", 320);
  EXPECT_THAT(overlay_.VisitorsOf("c-1", stored), ElementsAre("v-0"));
  EXPECT_THAT(overlay_.VisitorsOf("c-2", {}), ElementsAre("v-1"));
  Link("v-1", "c-1", 310);  // late
  EXPECT_THAT(overlay_.VisitorsOf("c-1", stored), ElementsAre("v-0"));
  Link("v-1", "c-2", 330, false);
  EXPECT_THAT(overlay_.VisitorsOf("c-2", {}), IsEmpty());
  EXPECT_THAT(overlay_.VisitorsOf("c-1", stored), ElementsAre("v-0", "v-1"));
  Link("v-2", "c-1", 340);
  EXPECT_THAT(overlay_.VisitorsOf("c-1", stored), ElementsAre("v-0", "v-1", "v-2"));
}

TEST_F(OverlayPeopleTest, LinksLeaveWithTheWindow) {
  Link("v-1", "c-1", 320);
  const absl::Time later = kNow + absl::Minutes(16);
  overlay_.AddStep({"v-3"}, {SessionStep::Kind::kViewed, "A"}, later, later, later);
  EXPECT_THAT(overlay_.VisitorsOf("c-1", {}), IsEmpty());
  EXPECT_EQ(overlay_.events(), 1u);
}

TEST_F(OverlayPeopleTest, TheForgottenStartAnew) {
  overlay_.AddOrder(Snapshot("o-9", "c-1", 300, {"X"}), kNow, kNow);
  Step("c-1", SessionStep::Kind::kViewed, "Y", 310);
  Link("v-1", "c-1", 320);
  overlay_.Erase({{base::StableHash("c-1"), absl::FromUnixSeconds(320)}});
  EXPECT_THAT(Baskets("c-1"), IsEmpty());  // though a cache holds their history
  EXPECT_THAT(Session({"c-1"}), IsEmpty());
  EXPECT_THAT(overlay_.VisitorsOf("c-1", {}), IsEmpty());
  EXPECT_EQ(overlay_.Lay(Stored(), "c-1", {}, absl::InfiniteFuture()).country, "");

  // What is older comes to nothing whenever it comes; what is newer counts.
  overlay_.AddOrder(Snapshot("o-8", "c-1", 299, {"Z"}), kNow, kNow);
  Step("c-1", SessionStep::Kind::kViewed, "Z", 320);
  Link("v-2", "c-1", 319);
  EXPECT_THAT(Baskets("c-1"), IsEmpty());
  EXPECT_THAT(Session({"c-1"}), IsEmpty());
  EXPECT_THAT(overlay_.VisitorsOf("c-1", {}), IsEmpty());
  overlay_.AddOrder(Snapshot("o-10", "c-1", 321, {"N"}), kNow, kNow);
  EXPECT_THAT(Baskets("c-1"), ElementsAre("321:N"));
}

}  // namespace
}  // namespace kontor::recommendations
