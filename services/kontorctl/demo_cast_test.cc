#include "services/kontorctl/demo_cast.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kontor::ctl {
namespace {

using kontor::ingest::v1::ImportUnit;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Orders : public UnitSource {
 public:
  void Add(const std::string& customer, const std::vector<std::string>& products) {
    ImportUnit& unit = units_.emplace_back();
    unit.mutable_event()->mutable_actor()->set_customer_id(customer);
    for (const std::string& product : products) {
      unit.mutable_event()->mutable_order_recorded()->add_lines()->set_product_id(product);
    }
  }
  bool Next(ImportUnit& unit) override {
    if (next_ == units_.size()) return false;
    unit = units_[next_++];
    return true;
  }
  int64_t rows_read() const override { return 0; }
  double share_read() const override { return 0; }

 private:
  std::vector<ImportUnit> units_;
  size_t next_ = 0;
};

TEST(DemoCastTest, TheBasketHoldsEachProductOnce) {
  Orders orders;
  orders.Add("1", {"TEA", "TEA", "CUP"});
  orders.Add("1", {"SOAP", "LAMP", "SOAP", "SOAP", "TOWEL", "CANDLE"});
  EXPECT_THAT(FindCast(orders).basket, ElementsAre("SOAP", "LAMP", "TOWEL"));
}

TEST(DemoCastTest, TheCustomerIsWhoOrderedMostOften) {
  Orders orders;
  for (const char* customer : {"", "7", "12", "", "12", "7", ""}) orders.Add(customer, {"TEA"});
  const DemoCast cast = FindCast(orders);
  EXPECT_EQ(cast.customer, "12");
  EXPECT_THAT(cast.basket, IsEmpty());
}

}  // namespace
}  // namespace kontor::ctl
