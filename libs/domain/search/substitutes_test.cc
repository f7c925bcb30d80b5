#include "libs/domain/search/substitutes.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/domain/search/index.h"
#include "libs/testing/status_matchers.h"

namespace kontor::search {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SubstitutesTest : public ::testing::Test {
 protected:
  SubstitutesTest() : analyzer_(*text::Analyzer::Create({})), index_(*analyzer_) {}

  void Add(const std::string& id, const std::string& title, int64_t price, float stock,
           const std::string& color = "blue", const std::string& group = "",
           const std::vector<std::string>& category = {"Tools", "Drills"}) {
    Product product;
    product.id = id;
    product.title = title;
    product.group_id = group;
    product.category_path = category;
    product.attributes = {{"color", color}};
    LiveValues live;
    if (price >= 0) live.price_micros = price * 1'000'000;
    live.stock = stock;
    KONTOR_ASSERT_OK(index_.Upsert({{product, live}}));
  }

  std::vector<std::string> For(const std::string& id, size_t most = 3) {
    index_.Commit();
    EngineParts parts;
    parts.reading.analyzer = analyzer_.get();
    parts.view = index_.View();
    SubstituteOptions options;
    options.most = most;
    std::vector<std::string> out;
    for (const Found& found : FindSubstitutes(parts, *parts.view->Find(id), options)) {
      EXPECT_GE(found.score, 0);
      EXPECT_LE(found.score, 1);
      out.emplace_back(parts.view->Id(found.doc));
    }
    return out;
  }

  std::unique_ptr<text::Analyzer> analyzer_;
  Index index_;
};

TEST_F(SubstitutesTest, VariantsFirstThenWhatIsMostAlike) {
  Add("gone", "cordless drill 18 V", 100, 0, "blue", "g");
  Add("variant", "cordless drill 18 V large", 150, 2, "red", "g");
  Add("same", "cordless drill 18 V", 100, 5);
  Add("dearer", "cordless drill 18 V", 150, 5);
  Add("other", "hammer machine", 100, -1, "green");  // its stock is not known: it can be bought
  EXPECT_THAT(For("gone", 10), ElementsAre("variant", "same", "dearer", "other"));
  EXPECT_THAT(For("gone", 2), ElementsAre("variant", "same"));
}

TEST_F(SubstitutesTest, WhatIsNotThereNotAlikeOrTooDearIsNone) {
  Add("gone", "cordless drill", 100, 0);
  Add("empty", "cordless drill", 100, 0);
  Add("dear", "cordless drill", 201, 5);
  Add("elsewhere", "cordless drill", 100, 5, "blue", "", {"Toys", "Drills"});
  EXPECT_THAT(For("gone"), IsEmpty());
  Add("unpriced", "cordless drill", -1, 5);
  EXPECT_THAT(For("gone"), ElementsAre("unpriced"));
  Add("lonely", "cordless drill", 100, 0, "blue", "", {});
  EXPECT_THAT(For("lonely"), IsEmpty());
}

}  // namespace
}  // namespace kontor::search
