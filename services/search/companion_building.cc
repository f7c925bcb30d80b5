#include "services/search/companion_building.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_join.h"
#include "libs/domain/text/normalize.h"
#include "libs/platform/runtime/log.h"

namespace kontor::search {
namespace {

constexpr double kLeastWeight = .05;  // of a query, to be suggested
constexpr int64_t kDayUs = 86'400'000'000;
constexpr float kCategoryWeight = 0.5F, kBrandWeight = 0.5F;  // of a product in it, beside its popularity

// Queries of the last week count for what is asked now.
float TrendOf(const Activity::QueryRow& query, int64_t now_us) {
  const auto week_ago = static_cast<int32_t>((now_us - 7 * kDayUs) / kDayUs);
  int64_t found = 0;
  for (auto day = query.days.upper_bound(week_ago); day != query.days.end(); ++day) {
    found += day->second.searches - day->second.without_results;
  }
  return static_cast<float>(std::max<int64_t>(found, 0));
}

// The product as the index knows it; without its description.
Product ProductAt(const IndexView& view, DocRef doc, const std::vector<Property>& properties) {
  Product product;
  product.id = std::string(view.Id(doc));
  product.title = std::string(view.Title(doc));
  for (const Property& property : properties) {
    const std::vector<absl::string_view> values = view.ValuesOf(doc, property);
    if (values.empty()) continue;
    if (property.kind == Property::Kind::kBrand) {
      product.brand = std::string(values[0]);
    } else if (property.kind == Property::Kind::kCategory) {
      const auto deepest = std::max_element(values.begin(), values.end(),
                                            [](const auto& a, const auto& b) { return a.size() < b.size(); });
      product.category_path = CategoryPath(*deepest);
    } else if (property.kind == Property::Kind::kAttribute) {
      for (const absl::string_view value : values) product.attributes.push_back({property.name, std::string(value)});
    }
  }
  return product;
}

// What categories and brands weigh among the suggestions.
class Groups {
 public:
  void Add(const Product& product, float popularity) {
    if (!product.brand.empty()) brands_[product.brand] += kBrandWeight + popularity;
    for (size_t depth = 1; depth <= product.category_path.size(); ++depth) {
      categories_[CategoryKey(absl::MakeConstSpan(product.category_path).first(depth))] += kCategoryWeight + popularity;
    }
  }
  void AppendTo(std::vector<SuggestionEntry>& entries) const {
    for (const auto& [brand, weight] : brands_) {
      entries.push_back({SuggestionKind::kBrand, brand, brand, weight});
    }
    for (const auto& [key, weight] : categories_) {
      const std::vector<std::string> path = CategoryPath(key);
      entries.push_back({SuggestionKind::kCategory, path.back(), absl::StrJoin(path, " > "), weight});
    }
  }

 private:
  absl::flat_hash_map<std::string, float> brands_, categories_;
};

void Append(SuggestionEntry entry, std::vector<SuggestionEntry>& entries) {
  const bool fits = entry.text.size() <= SuggestIndex::kEntryBytesMax && !text::NormalForm(entry.text).empty();
  if (fits) entries.push_back(std::move(entry));
}

void AddClicks(const IndexView& view, const std::vector<ClickedQuery>& clicked, QueryModel::Builder& builder) {
  const std::vector<Property> categories = {{Property::Kind::kCategory, ""}};
  for (const ClickedQuery& query : clicked) {
    for (const auto& [id, weight] : query.products) {
      const auto doc = view.Find(id);
      if (!doc.has_value()) continue;
      const Product product = ProductAt(view, *doc, categories);
      if (!product.category_path.empty()) builder.AddClicks(query.query, product.category_path, weight);
    }
  }
}

}  // namespace

std::vector<SuggestionEntry> SuggestedQueries(const Activity& activity, int64_t now_us) {
  std::vector<SuggestionEntry> entries;
  for (const auto& [form, query] : activity.queries()) {
    const double weight = activity.WeightOf(query, now_us);
    if (weight < kLeastWeight) continue;
    Append({SuggestionKind::kQuery, query.text, "", static_cast<float>(weight), TrendOf(query, now_us)}, entries);
  }
  return entries;
}

std::vector<ClickedQuery> ClickedQueries(const Activity& activity) {
  std::vector<ClickedQuery> clicked;
  for (const auto& [form, query] : activity.queries()) {
    if (query.products.empty()) continue;
    clicked.push_back({query.text, {query.products.begin(), query.products.end()}});
  }
  return clicked;
}

Companions BuildCompanions(const text::Analyzer& analyzer, const IndexView& view, std::vector<SuggestionEntry> asked,
                           const std::vector<ClickedQuery>& clicked) {
  text::SpellingDictionary::Builder words;
  QueryModel::Builder model(analyzer);
  Groups groups;
  std::vector<SuggestionEntry> entries = std::move(asked);
  std::vector<text::Token> tokens;
  const std::vector<Property> properties = view.values().Properties();
  for (uint32_t part = 0; part < view.parts().size(); ++part) {
    ForEachBit(*view.parts()[part].alive, [&](uint32_t at) {
      const DocRef doc{part, at};
      const Product product = ProductAt(view, doc, properties);
      const float popularity = view.Live(doc).popularity;
      analyzer.Analyze(product.title, tokens);
      words.Add(tokens);
      if (!product.brand.empty()) {
        analyzer.Analyze(product.brand, tokens);
        words.Add(tokens);
      }
      model.Add(product);
      groups.Add(product, popularity);
      Append({SuggestionKind::kProduct, product.title, product.id, popularity}, entries);
    });
  }
  groups.AppendTo(entries);
  AddClicks(view, clicked, model);
  for (const std::string& word : QueryUnderstanding::FunctionWords(analyzer.options().language)) words.AddKnown(word);
  Companions companions;
  companions.spelling = std::move(words).Build();
  companions.model = std::move(model).Build();
  auto suggestions = SuggestIndex::Build(std::move(entries));
  if (suggestions.ok()) {
    companions.suggestions = *std::move(suggestions);
  } else {
    runtime::LogWarning("there are no suggestions", {{"error", suggestions.status().ToString()}});
  }
  return companions;
}

}  // namespace kontor::search
