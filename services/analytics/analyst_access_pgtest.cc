#include <thread>

#include "gmock/gmock.h"
#include "services/analytics/analyst_access.h"
#include "services/analytics/durable_view_fixture.h"
#include "services/analytics/sample_records.h"

namespace kontor::analytics {
namespace {

using kontor::testing::StatusIs;
using ::testing::ElementsAre;

TEST(AnalystRoleTest, DifferentShopsHaveDifferentRoles) {
  EXPECT_EQ(AnalystRole("shop-b"), "kontor_analyst_shop_b");
  const std::string long_shop(62, 'a');
  EXPECT_EQ(AnalystRole(long_shop + "b").size(), 63u);
  EXPECT_NE(AnalystRole(long_shop + "b"), AnalystRole(long_shop + "c"));
  EXPECT_TRUE(postgres::IsIdentifier(AnalystRole(long_shop + "b")));
}

class AnalystAccessTest : public DurableViewFixture {
 protected:
  void SetUp() override { OpenDatabase(kontor::testing::PrivatePostgres::Shared().CreateDatabase()); }

  // One of everything, for both shops.
  void Fill() {
    for (const fleet::Shop& shop : shops_) {
      RecordSpec spec;
      spec.shop = shop.id;
      const std::string key = absl::StrCat(shop.id, "/1");
      Append(fleet::kOrders, key, MakeRecord(MakeOrder("o1", 0, {{"p1", 1, 100}}), spec));
      Append(fleet::kOrders, key, MakeRecord(MakeReturn("r1", "o1", {{"p1", 1, 40}}), spec));
      ev::AdjustmentRecorded adjustment;
      adjustment.set_adjustment_id("a1");
      adjustment.set_currency_code("GBP");
      SetDecimal(-500'000'000, *adjustment.mutable_amount());
      Append(fleet::kOrders, key, MakeRecord(adjustment, spec));
      ev::StockAdjusted stock;
      stock.set_adjustment_id("s1");
      stock.set_product_id("p1");
      Append(fleet::kInventory, key, MakeRecord(stock, spec));
      Append(fleet::kBehavior, key, MakeRecord(MakeView("p1"), spec));
      Append(fleet::kCatalog, key, MakeRecord(MakeProduct("p1", 0, {"A"}), spec));
    }
    Drain(*StartConsumer());
  }

  // What a statement answers to a role.
  absl::StatusOr<std::string> As(const std::string& role, const std::string& sql) {
    std::string out;
    RETURN_IF_ERROR(pool_->Run([&](postgres::Transaction& transaction) -> absl::Status {
      RETURN_IF_ERROR(transaction.Exec(absl::StrCat("SET LOCAL ROLE ", role)).status());
      ASSIGN_OR_RETURN(const postgres::Result rows, transaction.Exec(sql));
      if (!rows.empty()) out = std::string(rows.Text(0, 0));
      return absl::OkStatus();
    }));
    return out;
  }

  static constexpr const char* kViews[] = {"shops",    "orders",      "order_lines",
                                           "returns",  "adjustments", "stock_corrections",
                                           "behavior", "products",    "daily_revenue"};
};

TEST_F(AnalystAccessTest, ARoleSeesItsShopOnly) {
  Fill();
  for (const fleet::Shop& shop : shops_) {
    for (const char* view : kViews) {
      EXPECT_THAT(As(AnalystRole(shop.id), absl::StrCat("SELECT string_agg(DISTINCT shop, ',') FROM sql_v1.", view)),
                  kontor::testing::IsOkAndHolds(shop.id))
          << view;
    }
  }
  EXPECT_THAT(As(AnalystRole("default"), "SELECT net_revenue FROM sql_v1.daily_revenue"),
              kontor::testing::IsOkAndHolds("0.1"));  // 1.00 − 0.40 − 0.50
}

TEST_F(AnalystAccessTest, ALoginSeesTheShopsItWasGranted) {
  Fill();
  const std::string login = absl::StrCat("alice_", getpid());  // roles are the server's, the database is this test's
  KONTOR_ASSERT_OK(pool_->Exec(absl::StrCat("CREATE ROLE ", login, " LOGIN")));
  EXPECT_THAT(As(login, "SELECT count(*) FROM sql_v1.orders"), StatusIs(absl::StatusCode::kPermissionDenied));
  KONTOR_ASSERT_OK(pool_->Exec(absl::StrCat("GRANT ", AnalystRole("shop-b"), " TO ", login)));
  EXPECT_THAT(As(login, "SELECT string_agg(DISTINCT shop, ',') FROM sql_v1.orders"),
              kontor::testing::IsOkAndHolds("shop-b"));
  KONTOR_ASSERT_OK(pool_->Exec(absl::StrCat("DROP ROLE ", login)));
}

TEST_F(AnalystAccessTest, ARoleCannotWriteNorReadTheTables) {
  Fill();
  const std::string role = AnalystRole("default");
  const auto denied = StatusIs(absl::StatusCode::kPermissionDenied);
  for (const char* table : {"shops", "documents", "lines", "cancellations", "behavior", "products", "refusals",
                            "dead_letters", "parked_records", "consumer_offsets", "outbox"}) {
    EXPECT_THAT(As(role, absl::StrCat("SELECT count(*) FROM analytics.", table)), denied) << table;
  }
  for (const char* view : kViews) {
    EXPECT_THAT(As(role, absl::StrCat("DELETE FROM sql_v1.", view)), ::testing::Not(kontor::testing::IsOk())) << view;
  }
  EXPECT_THAT(As(role, "UPDATE sql_v1.shops SET shop = 'x'"), denied);
  EXPECT_THAT(As(role, "INSERT INTO sql_v1.products (shop, product) VALUES ('default', 'x')"), denied);
  EXPECT_THAT(As(role, "CREATE TABLE sql_v1.mine (a int)"), denied);
  EXPECT_THAT(As(role, "CREATE TABLE public.mine (a int)"), denied);
}

// A function of the caller's own would see hidden rows if conditions of the query ran before the view's.
TEST_F(AnalystAccessTest, AConditionSeesVisibleRowsOnly) {
  Fill();
  KONTOR_ASSERT_OK(
      pool_->Exec("CREATE FUNCTION public.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS "
                  "$$ BEGIN IF $1 = 'shop-b' THEN RAISE EXCEPTION 'seen'; END IF; RETURN true; END $$"));
  for (const char* view : kViews) {
    EXPECT_THAT(
        As(AnalystRole("default"), absl::StrCat("SELECT count(*) FROM sql_v1.", view, " WHERE public.leak(shop)")),
        kontor::testing::IsOkAndHolds("1"))
        << view;
  }
}

TEST_F(AnalystAccessTest, IsIdempotentAndSafeInParallel) {
  KONTOR_ASSERT_OK(pool_->Exec("DELETE FROM analytics.shops"));
  std::vector<absl::Status> outcomes(4);
  std::vector<std::thread> callers;
  for (absl::Status& outcome : outcomes) {
    callers.emplace_back([&] { outcome = EnsureAnalystAccess(*pool_, shops_); });
  }
  for (std::thread& caller : callers) caller.join();
  for (const absl::Status& outcome : outcomes) EXPECT_THAT(outcome, kontor::testing::IsOk());
  EXPECT_THAT(Rows("SELECT shop, time_zone, analyst_role FROM analytics.shops ORDER BY 1"),
              ElementsAre("default|UTC|kontor_analyst_default", "shop-b|UTC|kontor_analyst_shop_b"));
}

}  // namespace
}  // namespace kontor::analytics
