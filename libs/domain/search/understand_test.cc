#include "libs/domain/search/understand.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/random.h"
#include "libs/testing/seed.h"

namespace kontor::search {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const text::Analyzer& AnalyzerOf(absl::string_view language) {
  static auto& made = *new std::map<std::string, std::unique_ptr<text::Analyzer>>();
  auto& analyzer = made[std::string(language)];
  if (analyzer == nullptr) analyzer = *text::Analyzer::Create({.language = std::string(language)});
  return *analyzer;
}

std::shared_ptr<const QueryModel> Model() {
  static const auto model = [] {
    QueryModel::Builder builder(AnalyzerOf("en"));
    const auto add = [&](const char* title, const char* brand, const char* color, const char* material,
                         std::vector<std::string> path, int times) {
      Product product{.id = "p", .title = title, .brand = brand, .category_path = std::move(path)};
      product.attributes = {{.name = "Color", .text = color}, {.name = "Material", .text = material}};
      for (int i = 0; i < times; ++i) builder.Add(product);
    };
    add("Nike running shoes for women", "Nike", "Red", "Leather", {"Apparel", "Shoes"}, 20);
    add("Walking shoes", "Nike", "Blue", "Stainless Steel", {"Apparel", "Shoes"}, 10);
    add("Kitchen sink", "Kohler", "White", "Stainless Steel", {"Kitchen", "Sinks"}, 15);
    add("Five gallon bucket", "Leaktite", "White", "Plastic", {"Paint", "Buckets"}, 5);
    builder.AddClicks("walking", {"Kitchen", "Sinks"}, 90);
    builder.AddClicks("walking", {"Apparel", "Shoes"}, 0);
    return std::move(builder).Build();
  }();
  return model;
}

UnderstoodQuery Read(absl::string_view query, absl::string_view language = "en") {
  return QueryUnderstanding(AnalyzerOf(language), {.model = language == "en" ? Model() : nullptr}).Understand(query, 0);
}

std::string Price(const UnderstoodQuery& q) {
  const auto shown = [](int64_t micros) {
    return micros < 0 ? std::string("-") : absl::StrCat(static_cast<double>(micros) / 1e6);
  };
  return absl::StrCat(shown(q.price_min_micros), "..", shown(q.price_max_micros), q.currency);
}

std::string Excluded(const UnderstoodQuery& q) {
  std::vector<std::string> all;
  for (const auto& terms : q.lexical.excluded) all.push_back(absl::StrJoin(terms, " "));
  return absl::StrJoin(all, ", ");
}

TEST(Understand, ReadsTheIssuesExamples) {
  const UnderstoodQuery one = Read("red shoes under 50 not leather");
  EXPECT_EQ(one.text, "red shoes");
  EXPECT_EQ(Price(one), "-..50");
  EXPECT_EQ(Excluded(one), "leather");
  EXPECT_EQ(one.lexical.slots.size(), 2U);

  const UnderstoodQuery two =
      Read("hey, can you show me a pair of red running shoes for women under fifty dollars please");
  EXPECT_EQ(two.text, "red running shoes for women");
  EXPECT_EQ(Price(two), "-..50USD");
  ASSERT_EQ(two.categories.size(), 1U);
  EXPECT_THAT(two.categories[0].path, ElementsAre("Apparel", "Shoes"));
  EXPECT_GT(two.categories[0].probability, 0.9);
}

TEST(Understand, ReadsPrices) {
  const std::vector<std::array<std::string, 3>> cases = {
      {"lamp below $50", "lamp", "-..50USD"},
      {"lamp less than 1,200.50 euros", "lamp", "-..1200.5EUR"},
      {"lamp between 20 and 40", "lamp", "20..40"},
      {"lamp between $40 and $20", "lamp", "20..40USD"},
      {"lamp from 20 to 40 dollars", "lamp", "20..40USD"},
      {"lamp 50-100 euros", "lamp", "50..100EUR"},
      {"lamp $50-$100", "lamp", "50..100USD"},
      {"lamp 50 € - 100 €", "lamp", "50..100EUR"},
      {"lamp over 20 under 50", "lamp", "20..50"},
      {"lamp up to £30", "lamp", "-..30GBP"},
      {"lamp around 100 dollars", "lamp", "80..120USD"},
      {"lamp 50 dollars or less", "lamp", "-..50USD"},
      {"lamp $100 and up", "lamp", "100..-USD"},
      {"lamp that costs less than 2k dollars", "lamp", "-..2000USD"},
      {"lamp under one hundred and twenty", "lamp", "-..120"},
      {"lamp under two thousand five hundred bucks", "lamp", "-..2500USD"},
      {"lamp <= 50", "lamp", "-..50"},
      {"lamp for under $50", "lamp", "-..50USD"},
      {"under 50", "", "-..50"},
      // No prices.
      {"dumbbell under 50 lbs", "dumbbell under 50 lbs", "-..-"},
      {"rope over 20 ft", "rope over 20 ft", "-..-"},
      {"tv under 50\"", "tv under 50\"", "-..-"},
      {"air max 90", "air max 90", "-..-"},
      {"rug up to 50", "rug up to 50", "-..-"},
      {"under cabinet light", "under cabinet light", "-..-"},
      {"gift card $50", "gift card $50", "-..-"},
      {"2x4 8-10 ft", "2x4 8-10 ft", "-..-"},
      {"from 20 to 40 tooth gear", "from 20 to 40 tooth gear", "-..-"},
  };
  for (const auto& [query, text, price] : cases) {
    const UnderstoodQuery q = Read(query);
    EXPECT_EQ(Price(q), price) << query;
    EXPECT_EQ(q.text, text) << query;
  }
}

TEST(Understand, ReadsPricePreferences) {
  EXPECT_FLOAT_EQ(Read("cheap lamp").price_preference, -0.7F);
  EXPECT_EQ(Read("cheap lamp").text, "lamp");
  EXPECT_FLOAT_EQ(Read("the cheapest lamp").price_preference, -1);
  EXPECT_FLOAT_EQ(Read("premium lamp").price_preference, 0.7F);
  EXPECT_EQ(Read("premium lamp").text, "premium lamp");  // products are called so
  EXPECT_FLOAT_EQ(Read("lamp").price_preference, 0);
}

TEST(Understand, ReadsNegations) {
  const std::vector<std::array<std::string, 3>> cases = {
      {"shoes without laces", "shoes", "lace"},
      {"shoes -red", "shoes", "red"},
      {"sink not stainless steel", "sink", "stainless steel"},
      {"shoes not leather or suede", "shoes", "leather, sued"},
      {"shoes but not in blue", "shoes", "blue"},
      {"shoes -\"running shoe\"", "shoes", "run shoe"},
      {"shoes -t-shirt", "shoes", "t shirt"},
      {"shoes without", "shoes without", ""},
      {"no drill blinds", "no drill blinds", ""},
      {"anti-slip mat", "anti-slip mat", ""},
      {"thermometer -20 degree", "thermometer -20 degree", ""},
  };
  for (const auto& [query, text, excluded] : cases) {
    const UnderstoodQuery q = Read(query);
    EXPECT_EQ(q.text, text) << query;
    EXPECT_EQ(Excluded(q), excluded) << query;
  }
  const UnderstoodQuery q = Read("shoes not leather");
  ASSERT_EQ(q.preferences.size(), 2U);  // the category, and what is not wanted
  EXPECT_THAT(q.preferences, Contains(::testing::AllOf(::testing::Field(&Preference::value, "Leather"),
                                                       ::testing::Field(&Preference::excluded, true))));
}

TEST(Understand, DropsSpokenPhrasesButNotNames) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"please show me lamps", "lamps"},
      {"I'm looking for a lamp, thank you", "lamp"},
      {"do you have any lamps?", "lamps"},
      {"where can I find the best lamps", "lamps"},
      {"hello kitty lamp", "hello kitty lamp"},
      {"search light", "search light"},
      {"please flush sign", "please flush sign"},
      {"please, could you find me all lamps", "lamps"},
      {"the lamp", "the lamp"},
      {"thank you", "thank you"},
      {"please", "please"},
      {"thank you card please", "thank you card"},
      {"", ""},
  };
  for (const auto& [query, text] : cases) EXPECT_EQ(Read(query).text, text) << query;
}

TEST(Understand, ReadsQuotesAndOperators) {
  const UnderstoodQuery quoted = Read("\"running shoes\" red");
  ASSERT_EQ(quoted.lexical.phrases.size(), 1U);
  EXPECT_THAT(quoted.lexical.phrases[0], ElementsAre("run", "shoe"));
  EXPECT_EQ(quoted.lexical.slots.size(), 3U);
  EXPECT_THAT(Read("\"running shoes red").lexical.phrases, IsEmpty());
  EXPECT_EQ(Read("“running shoes” red").lexical.phrases.size(), 1U);
  EXPECT_EQ(Read("“running shoes” red").text, "running shoes red");
  EXPECT_THAT(Read("5\" pipe 6\"").lexical.phrases, IsEmpty());
  EXPECT_EQ(Read("\"under 50\" lamp").price_max_micros, -1);
  EXPECT_THAT(Read("\"\" lamp").lexical.phrases, IsEmpty());

  const UnderstoodQuery either = Read("red OR blue shoes");
  ASSERT_EQ(either.lexical.slots.size(), 2U);
  EXPECT_EQ(either.lexical.slots[0].alternatives.size(), 2U);
  ASSERT_EQ(either.words.size(), 2U);
  EXPECT_EQ(either.words[1].term, "shoe");
  EXPECT_EQ(Read("red or blue shoes").lexical.slots.size(), 4U);
  EXPECT_EQ(Read("OR shoes").lexical.slots.size(), 2U);

  const UnderstoodQuery required = Read("+red shoes");
  EXPECT_TRUE(required.lexical.slots[0].required);
  EXPECT_FALSE(required.lexical.slots[1].required);
}

TEST(Understand, WeighsSlotsByWhatTheyAre) {
  const UnderstoodQuery q = Read("bucket for 5 gal");
  std::vector<std::string> slots;
  for (const Slot& slot : q.lexical.slots)
    slots.push_back(absl::StrCat(slot.alternatives[0].terms[0], " ", slot.weight));
  EXPECT_THAT(slots, ElementsAre("bucket 1", "for 0.3", "5 0.9", "gallon 0.2", "5gal 0.3"));
  const UnderstoodQuery words = Read("bucket for five gallons");
  ASSERT_EQ(words.lexical.slots.size(), 5U);
  EXPECT_EQ(words.lexical.slots[4].alternatives[0].terms[0], "5gal");
  const UnderstoodQuery code = Read("sc-141");
  ASSERT_EQ(code.lexical.slots.size(), 3U);
  EXPECT_FLOAT_EQ(code.lexical.slots[0].weight, 0.6F);
  const UnderstoodQuery joined = Read("t-shirt");
  ASSERT_EQ(joined.lexical.slots.size(), 2U);
  EXPECT_THAT(joined.lexical.slots[0].alternatives[1].terms, ElementsAre("tshirt"));
  EXPECT_THAT(joined.lexical.slots[1].alternatives[1].terms, ElementsAre("tshirt"));
}

TEST(Understand, NamesBrandsAndValuesWithTheirShare) {
  const UnderstoodQuery q = Read("nike red shoes");
  ASSERT_EQ(q.preferences.size(), 3U);
  EXPECT_EQ(q.preferences[0].value, "Nike");
  EXPECT_FLOAT_EQ(q.preferences[0].weight, 1);  // 30 of the 30 products that say nike
  EXPECT_EQ(q.preferences[1].value, "Red");
  std::vector<std::string> pieces;
  for (const QueryPiece& piece : q.pieces) pieces.push_back(piece.meaning);
  EXPECT_THAT(pieces, ElementsAre("brand = Nike", "Color = Red", "category = Shoes"));
  EXPECT_EQ(Read("steel sink").preferences[0].value, "Sinks");  // "steel" alone is no value
}

// 90 clicks against a prior of 10 in the shares of naive Bayes, where shoes have all but everything.
TEST(Understand, ClicksSharpenCategories) {
  const UnderstoodQuery q = Read("walking");
  ASSERT_EQ(q.categories.size(), 2U);
  EXPECT_THAT(q.categories[0].path, ElementsAre("Kitchen", "Sinks"));
  EXPECT_NEAR(q.categories[0].probability, 0.9, 0.01);
  EXPECT_THAT(Read("zzzz").categories, IsEmpty());
}

TEST(Understand, SpellingChangesWeighLess) {
  text::CorrectedText corrected{.text = "red chair celling", .changes = {}};
  corrected.changes.push_back({4, 9, 4, 9, text::SpellingVerdict::Action::kReplace, "chair", 0.3F});
  corrected.changes.push_back({10, 17, 10, 17, text::SpellingVerdict::Action::kAlso, "ceiling", 0.4F});
  const UnderstoodQuery q = QueryUnderstanding(AnalyzerOf("en"), {}).Understand(corrected, 0);
  ASSERT_EQ(q.lexical.slots.size(), 3U);
  EXPECT_FLOAT_EQ(q.lexical.slots[0].weight, 1);
  EXPECT_FLOAT_EQ(q.lexical.slots[1].weight, 0.3F);
  ASSERT_EQ(q.lexical.slots[2].alternatives.size(), 2U);
  EXPECT_FLOAT_EQ(q.lexical.slots[2].alternatives[1].weight, 0.4F);
}

TEST(Understand, CompoundsStandForEachOther) {
  text::SpellingDictionary::Builder builder;
  std::vector<text::Token> tokens;
  for (const char* title : {"drywall screw", "dry wall anchor"}) {
    AnalyzerOf("en").Analyze(title, tokens);
    for (int i = 0; i < 6; ++i) builder.Add(tokens);
  }
  const QueryUnderstanding understanding(AnalyzerOf("en"), {.spelling = std::move(builder).Build()});
  const UnderstoodQuery apart = understanding.Understand("dry wall", 0),
                        together = understanding.Understand("drywall", 0);
  ASSERT_EQ(apart.lexical.slots.size(), 2U);
  EXPECT_THAT(apart.lexical.slots[0].alternatives[1].terms, ElementsAre("drywal"));
  EXPECT_THAT(apart.lexical.slots[1].alternatives[1].terms, ElementsAre("drywal"));
  ASSERT_EQ(together.lexical.slots.size(), 1U);
  EXPECT_THAT(together.lexical.slots[0].alternatives[1].terms, ElementsAre("dri", "wall"));
}

TEST(Understand, ReadsGermanAndFrench) {
  const UnderstoodQuery german = Read("Ich suche rote Schuhe unter 50 Euro, nicht aus Leder, bitte", "de");
  EXPECT_EQ(german.text, "rote Schuhe");
  EXPECT_EQ(Price(german), "-..50EUR");
  EXPECT_EQ(Excluded(german), "led");
  EXPECT_EQ(Price(Read("Lampe zwischen 20 und 40,50 €", "de")), "20..40.5EUR");
  const UnderstoodQuery french =
      Read("je cherche des chaussures rouges à moins de 50 euros sans lacets s'il vous plaît", "fr");
  EXPECT_EQ(french.text, "chaussures rouges");
  EXPECT_EQ(Price(french), "-..50EUR");
  EXPECT_EQ(Excluded(french), "lacet");
}

TEST(Understand, FunctionWordsAreForSpelling) {
  EXPECT_THAT(QueryUnderstanding::FunctionWords("en"), Contains("please"));
  EXPECT_THAT(QueryUnderstanding::FunctionWords("de"), Contains("bitte"));
}

TEST(Understand, TakesAnyBytes) {
  base::Random random(kontor::testing::Seed());
  const std::vector<std::string> parts = {
      "red", "under",  "50",      "$", "€",    "-",    "\"",   "not",    "or", "OR", " ", " ", "+", "between",
      "and", "please", "show me", "“", "\xff", "手机", "five", "gallon", "<",  "=",  "'", "k", "½"};
  for (int round = 0; round < 20'000; ++round) {
    std::string query;
    for (uint64_t i = random.Below(14); i > 0; --i) query += parts[random.Below(parts.size())];
    const UnderstoodQuery q = Read(query);
    for (const QueryPiece& piece : q.pieces) {
      ASSERT_LT(piece.begin, piece.end) << query;
      ASSERT_LE(piece.end, query.size()) << query;
    }
    for (const Slot& slot : q.lexical.slots) {
      ASSERT_FALSE(slot.alternatives.empty());
      for (const Alternative& alternative : slot.alternatives) ASSERT_FALSE(alternative.terms.empty()) << query;
    }
    for (const auto& terms : q.lexical.excluded) ASSERT_FALSE(terms.empty());
  }
  std::string endless;
  for (int i = 0; i < 10'000; ++i) endless += "word ";
  EXPECT_LE(Read(endless).lexical.slots.size(), QueryUnderstanding::kWordsMax);
}

}  // namespace
}  // namespace kontor::search
