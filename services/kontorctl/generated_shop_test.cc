#include "services/kontorctl/generated_shop.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/kontorctl/generate_command.h"
#include "services/kontorctl/import_client.h"
#include "services/kontorctl/unit_source.h"

namespace kontor::ctl {
namespace {

namespace v1 = kontor::ingest::v1;

class GeneratedShopTest : public testing::Test {
 protected:
  std::string Folder(const std::string& name) {
    return absl::StrCat(testing::TempDir(), "/generated-shop-", ::getpid(), "-", name);
  }
  std::string Write(const ShopPlan& plan, const std::string& name) {
    const std::string folder = Folder(name);
    folders_.push_back(folder);
    EXPECT_TRUE(WriteShop(GenerateShop(plan), plan, folder).ok());
    return folder;
  }
  static std::map<std::string, std::string> Contents(const std::string& folder) {
    std::map<std::string, std::string> contents;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      std::stringstream text;
      text << std::ifstream(entry.path()).rdbuf();
      contents[entry.path().filename()] = text.str();
    }
    return contents;
  }
  void TearDown() override {
    for (const std::string& folder : folders_) std::filesystem::remove_all(folder);
  }

 private:
  std::vector<std::string> folders_;
};

TEST_F(GeneratedShopTest, TheSamePlanGivesTheSameBytesAndAnotherSeedOthers) {
  const auto first = Contents(Write({7, 40}, "a"));
  EXPECT_EQ(first, Contents(Write({7, 40}, "b")));
  EXPECT_NE(first.at("orders.csv"), Contents(Write({8, 40}, "c")).at("orders.csv"));
  EXPECT_EQ(first.size(), 7u);  // three files, three mappings, the labels
}

TEST_F(GeneratedShopTest, EveryLineEarnsSomething) {
  const GeneratedShop shop = GenerateShop({3, 200});
  ASSERT_GT(shop.orders.size(), 200u);
  int64_t discounted = 0;
  for (const GeneratedOrder& order : shop.orders) {
    ASSERT_FALSE(order.lines.empty());
    std::set<int> products;
    for (const GeneratedLine& line : order.lines) {
      EXPECT_TRUE(products.insert(line.product).second) << order.id;
      EXPECT_GT(line.amount_cents, line.cost_cents);
      EXPECT_GT(line.cost_cents, 0);
      EXPECT_EQ(line.amount_cents + line.discount_cents, line.quantity * shop.products[line.product].price_cents);
      discounted += line.discount_cents > 0;
    }
  }
  EXPECT_GT(discounted, 0);
}

TEST_F(GeneratedShopTest, SessionsLeadToTheirOrders) {
  const GeneratedShop shop = GenerateShop({4, 100});
  std::map<std::string, std::pair<absl::Time, std::string>> checkouts;  // session → time and customer
  std::map<std::string, std::set<int>> carts;
  for (const GeneratedEvent& event : shop.events) {
    if (event.type == "checkout_started") checkouts[event.session_id] = {event.time, event.customer_id};
    if (event.type == "cart_added") carts[event.session_id].insert(event.product);
    if (event.type == "cart_removed") carts[event.session_id].erase(event.product);
  }
  int anonymous = 0;
  for (const GeneratedOrder& order : shop.orders) {
    ASSERT_EQ(checkouts.count(order.session_id), 1u) << order.id;
    EXPECT_EQ(checkouts[order.session_id].second, order.customer_id);
    EXPECT_GT(order.time, checkouts[order.session_id].first);
    std::set<int> bought;
    for (const GeneratedLine& line : order.lines) bought.insert(line.product);
    EXPECT_EQ(bought, carts[order.session_id]);
    anonymous += order.customer_id.empty();
  }
  EXPECT_GT(anonymous, 0);
  EXPECT_LT(shop.orders.size(), checkouts.size());
}

TEST_F(GeneratedShopTest, CustomersBuyWhatTheirSegmentLikes) {
  const GeneratedShop shop = GenerateShop({5, 300});
  // As in the plan: home-cooks like Kitchen, athletes Sport, gardeners Garden, young parents Nursery.
  const std::vector<std::string> favourite = {"Kitchen", "Sport", "Garden", "Nursery"};
  ASSERT_THAT(shop.segments, testing::ElementsAre("home-cooks", "athletes", "gardeners", "young-parents"));
  std::map<std::string, int> segment_of;
  for (const GeneratedCustomer& customer : shop.customers) segment_of[customer.id] = customer.segment;
  std::vector<double> liked(4), all(4);
  for (const GeneratedOrder& order : shop.orders) {
    if (order.customer_id.empty()) continue;
    ASSERT_EQ(segment_of.count(order.customer_id), 1u);
    const int segment = segment_of[order.customer_id];
    for (const GeneratedLine& line : order.lines) {
      liked[segment] += shop.products[line.product].department == favourite[segment];
      ++all[segment];
    }
  }
  for (int s = 0; s < 4; ++s) EXPECT_GT(liked[s] / all[s], 0.5) << shop.segments[s];
}

TEST_F(GeneratedShopTest, ProductsOfAGroupAreBoughtTogether) {
  const GeneratedShop shop = GenerateShop({6, 400});
  const auto groups = shop.Groups();
  ASSERT_EQ(groups.size(), 16u);
  for (const auto& group : groups) EXPECT_EQ(group.size(), 3u);
  // Of the baskets with a product of a group, the share that holds a partner. Without groups a partner would be one of
  // 144 products, so even three others in the basket would hold one of two partners in about 4 percent of the cases.
  double with_partner = 0, with_one = 0;
  for (const GeneratedOrder& order : shop.orders) {
    std::map<int, int> in_group;
    for (const GeneratedLine& line : order.lines) {
      if (shop.products[line.product].group >= 0) ++in_group[shop.products[line.product].group];
    }
    for (const auto& [group, count] : in_group) {
      ++with_one;
      with_partner += count > 1;
    }
  }
  ASSERT_GT(with_one, 100);
  EXPECT_GT(with_partner / with_one, 0.5);
}

// The import reads what the generator wrote, without one refused row.
TEST_F(GeneratedShopTest, TheMappingsFitTheFiles) {
  const ShopPlan plan{9, 50};
  const GeneratedShop shop = GenerateShop(plan);
  const std::string folder = Write(plan, "mapped");
  using Open = absl::StatusOr<std::unique_ptr<UnitSource>> (*)(const std::string&, const v1::ImportMapping&);
  const std::tuple<const char*, Open, size_t> files[] = {{"products", OpenProducts, shop.products.size()},
                                                         {"orders", OpenOrders, shop.orders.size()},
                                                         {"behavior", OpenBehavior, shop.events.size()}};
  for (const auto& [name, open, expected] : files) {
    const auto mapping = LoadMapping(absl::StrCat(folder, "/", name, ".mapping.json"));
    ASSERT_TRUE(mapping.ok()) << mapping.status();
    const auto source = open(absl::StrCat(folder, "/", name, ".csv"), *mapping);
    ASSERT_TRUE(source.ok()) << source.status();
    size_t units = 0;
    v1::ImportUnit unit;
    while ((*source)->Next(unit)) {
      ++units;
      EXPECT_TRUE(unit.has_event());
      EXPECT_EQ(unit.row_errors_size(), 0) << unit.ShortDebugString();
    }
    EXPECT_EQ(units, expected) << name;
  }
}

}  // namespace
}  // namespace kontor::ctl
