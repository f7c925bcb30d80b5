#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "libs/base/random.h"
#include "libs/domain/search/facet.h"
#include "libs/domain/search/index.h"
#include "libs/domain/search/index_sort.h"
#include "libs/domain/search/index_top.h"

// A shop small enough to look at every product for every question: what the index must answer. For tests.
namespace kontor::search {

inline std::unique_ptr<text::Analyzer> PlainAnalyzer() {
  text::AnalyzerOptions options;
  options.stem = options.measures = options.codes = false;
  return text::Analyzer::Create(options).value();
}

struct Oracle {
  struct Entry {
    Product product;
    LiveValues live;
    uint64_t order = 0;                                            // of first insertion
    std::vector<std::pair<Field, std::vector<std::string>>> runs;  // values of fields, as terms
  };

  explicit Oracle(const text::Analyzer& analyzer) : analyzer(analyzer) {}

  void Upsert(const Upsertion& upsertion) {
    auto [place, added] = products.try_emplace(upsertion.product.id);
    Entry& entry = place->second;
    if (added) entry.order = next++;
    entry.product = upsertion.product;
    if (upsertion.live.has_value()) entry.live = *upsertion.live;
    entry.runs.clear();
    AddRun(entry, Field::kTitle, entry.product.title);
    AddRun(entry, Field::kBrand, entry.product.brand);
    for (const auto& part : entry.product.category_path) AddRun(entry, Field::kCategory, part);
    for (const auto& attribute : entry.product.attributes) AddRun(entry, Field::kAttributes, attribute.text);
    for (const auto& code : entry.product.codes) AddRun(entry, Field::kCodes, code);
    AddRun(entry, Field::kDescription, entry.product.description);
  }
  void AddRun(Entry& entry, Field field, const std::string& value) const {
    std::vector<text::Token> tokens;
    analyzer.Analyze(value, tokens);
    auto& run = entry.runs.emplace_back(field, std::vector<std::string>());
    for (const auto& token : tokens) run.second.push_back(token.term);
  }

  // How often a sequence of terms stands in a field.
  static uint32_t Frequency(const Entry& entry, Field field, const std::vector<std::string>& terms) {
    uint32_t count = 0;
    for (const auto& [of, run] : entry.runs) {
      for (size_t i = 0; of == field && i + terms.size() <= run.size(); ++i) {
        count += std::equal(terms.begin(), terms.end(), run.begin() + static_cast<ptrdiff_t>(i)) ? 1 : 0;
      }
    }
    return count;
  }
  static bool Has(const Entry& entry, const std::vector<std::string>& terms) {
    for (size_t field = 0; field < kFields; ++field) {
      if (Frequency(entry, static_cast<Field>(field), terms) > 0) return true;
    }
    return false;
  }
  static bool Matches(const Entry& entry, const Slot& slot) {
    return std::any_of(slot.alternatives.begin(), slot.alternatives.end(),
                       [&](const Alternative& alternative) { return Has(entry, alternative.terms); });
  }
  static bool Allowed(const Entry& entry, const LexicalQuery& query) {
    for (const auto& phrase : query.phrases) {
      if (!Has(entry, phrase)) return false;
    }
    for (const auto& excluded : query.excluded) {
      if (Has(entry, excluded)) return false;
    }
    for (const auto& slot : query.slots) {
      if (slot.required && !Matches(entry, slot)) return false;
    }
    return true;
  }

  static std::vector<std::string> Values(const Entry& entry, const Property& property) {
    std::vector<std::string> values;
    const Product& product = entry.product;
    if (property.kind == Property::Kind::kId) return {product.id};
    if (property.kind == Property::Kind::kGroup && !product.group_id.empty()) values.push_back(product.group_id);
    if (property.kind == Property::Kind::kBrand && !product.brand.empty()) values.push_back(product.brand);
    for (size_t i = 1; property.kind == Property::Kind::kCategory && i <= product.category_path.size(); ++i) {
      values.push_back(CategoryKey(absl::MakeConstSpan(product.category_path).subspan(0, i)));
    }
    for (const auto& attribute : product.attributes) {
      const bool own = property.kind == Property::Kind::kAttribute && attribute.name == property.name;
      if (own && std::find(values.begin(), values.end(), attribute.text) == values.end()) {
        values.push_back(attribute.text);
      }
    }
    return values;
  }
  static std::vector<double> Numbers(const Entry& entry, const Property& property) {
    switch (property.kind) {
      case Property::Kind::kPrice:
        if (entry.live.price_micros < 0) return {};
        return {static_cast<double>(entry.live.price_micros)};
      case Property::Kind::kStock:
        if (entry.live.stock < 0) return {};
        return {entry.live.stock};
      case Property::Kind::kPopularity:
        return {entry.live.popularity};
      case Property::Kind::kMarginShare:
        return {entry.live.margin_share};
      case Property::Kind::kAvailableAt:
        if (entry.product.available_at_us == 0) return {};
        return {static_cast<double>(entry.product.available_at_us)};
      default:
        break;
    }
    std::vector<double> numbers;
    for (const auto& attribute : entry.product.attributes) {
      if (attribute.name == property.name && attribute.numeric) numbers.push_back(attribute.number);
    }
    return numbers;
  }
  static bool Passes(const Entry& entry, const Filter& filter) {
    const auto child_passes = [&](const Filter& child) { return Passes(entry, child); };
    switch (filter.kind) {
      case Filter::Kind::kAnd:
        return std::all_of(filter.children.begin(), filter.children.end(), child_passes);
      case Filter::Kind::kOr:
        return std::any_of(filter.children.begin(), filter.children.end(), child_passes);
      case Filter::Kind::kNot:
        return !Passes(entry, filter.children.front());
      case Filter::Kind::kHas:
        return !Values(entry, filter.property).empty() || !Numbers(entry, filter.property).empty();
      case Filter::Kind::kAnyOf:
        break;
      case Filter::Kind::kRange: {
        std::vector<double> numbers = Numbers(entry, filter.property);
        if (numbers.empty() && filter.property.kind == Property::Kind::kStock) numbers = {INFINITY};
        return std::any_of(numbers.begin(), numbers.end(),
                           [&](double number) { return number >= filter.low && number <= filter.high; });
      }
    }
    const std::vector<std::string> values = Values(entry, filter.property);
    return std::any_of(values.begin(), values.end(), [&](const std::string& value) {
      return std::find(filter.values.begin(), filter.values.end(), value) != filter.values.end();
    });
  }
  static bool PassesAll(const Entry& entry, absl::Span<const Filter> filters) {
    return std::all_of(filters.begin(), filters.end(), [&](const Filter& filter) { return Passes(entry, filter); });
  }

  const text::Analyzer& analyzer;
  std::map<std::string, Entry> products;
  uint64_t next = 0;
};

// Random products, queries and filters over few words, so that everything meets everything.
struct RandomShop {
  explicit RandomShop(uint64_t seed, size_t words = 30) : random(seed), words(words) {}

  std::string Word() { return "w" + std::to_string(random.Below(random.Below(words) + 1)); }
  std::string Text(size_t most) {
    std::string text;
    for (size_t i = random.Below(most + 1); i > 0; --i) text += Word() + " ";
    return text;
  }
  std::string Id(size_t products) { return "p" + std::to_string(random.Below(products)); }
  Upsertion Product(size_t products);
  LiveValues Live();
  Slot MakeSlot();
  LexicalQuery Query();
  Property TextProperty();
  Property NumberProperty();
  Filter MakeFilter(int depth);

  base::Random random;
  size_t words;
};

inline LiveValues RandomShop::Live() {
  LiveValues live;
  live.price_micros = random.Chance(.2) ? -1 : static_cast<int64_t>(random.Below(50)) * 1'000'000;
  live.stock = random.Chance(.3) ? -1 : static_cast<float>(random.Below(3));
  live.popularity = static_cast<float>(random.Below(20));
  live.margin_share = static_cast<float>(random.Below(4)) / 4;
  return live;
}

inline Upsertion RandomShop::Product(size_t products) {
  Upsertion upsertion;
  auto& product = upsertion.product;
  product.id = Id(products);
  if (random.Chance(.6)) product.group_id = "g" + std::to_string(random.Below(products / 3 + 1));
  product.title = Text(8);
  if (random.Chance(.8)) product.brand = "Brand " + std::to_string(random.Below(5));
  for (size_t i = random.Below(4); i > 0; --i) product.category_path.push_back("c" + std::to_string(random.Below(3)));
  if (random.Chance(.5)) product.attributes.push_back({"colour", "w" + std::to_string(random.Below(4)), 0, false});
  if (random.Chance(.2)) product.attributes.push_back({"colour", "w" + std::to_string(random.Below(4)), 0, false});
  for (size_t i = random.Below(3); i > 0; --i) {
    const auto size = static_cast<double>(random.Below(10));
    product.attributes.push_back({"size", std::to_string(static_cast<int>(size)), size, true});
  }
  if (random.Chance(.3)) product.codes.push_back("k" + std::to_string(random.Below(50)));
  if (random.Chance(.3)) product.description = Text(20);
  if (random.Chance(.5)) product.available_at_us = static_cast<int64_t>(random.Below(1000)) + 1;
  if (random.Chance(.7)) upsertion.live = Live();
  return upsertion;
}

inline Slot RandomShop::MakeSlot() {
  Slot slot;
  for (size_t i = random.Below(3) + 1; i > 0; --i) {
    Alternative alternative;
    for (size_t j = random.Chance(.2) ? 2 : 1; j > 0; --j) alternative.terms.push_back(Word());
    alternative.weight = static_cast<float>(random.Below(4) + 1) / 4;
    slot.alternatives.push_back(alternative);
  }
  if (random.Chance(.05)) slot.alternatives = {{{"unknown"}, 1}};
  slot.weight = static_cast<float>(random.Below(4) + 1) / 2;
  slot.required = random.Chance(.1);
  return slot;
}

inline LexicalQuery RandomShop::Query() {
  LexicalQuery query;
  for (size_t i = random.Below(5); i > 0; --i) query.slots.push_back(MakeSlot());
  if (random.Chance(.1)) query.phrases.push_back({Word(), Word()});
  if (random.Chance(.2)) query.excluded.push_back({Word()});
  if (random.Chance(.1)) query.excluded.push_back({Word(), Word()});
  return query;
}

inline Property RandomShop::TextProperty() {
  const Property all[] = {{Property::Kind::kBrand, ""},
                          {Property::Kind::kCategory, ""},
                          {Property::Kind::kAttribute, "colour"},
                          {Property::Kind::kAttribute, "size"}};
  return all[random.Below(4)];
}

inline Property RandomShop::NumberProperty() {
  const Property all[] = {{Property::Kind::kAttribute, "size"}, {Property::Kind::kPrice, ""},
                          {Property::Kind::kStock, ""},         {Property::Kind::kPopularity, ""},
                          {Property::Kind::kMarginShare, ""},   {Property::Kind::kAvailableAt, ""}};
  return all[random.Below(6)];
}

inline Filter RandomShop::MakeFilter(int depth) {
  if (depth > 0 && random.Chance(.3)) {
    Filter filter;
    filter.kind = static_cast<Filter::Kind>(3 + random.Below(3));
    const size_t children = filter.kind == Filter::Kind::kNot ? 1 : random.Below(3);
    for (size_t i = 0; i < children; ++i) filter.children.push_back(MakeFilter(depth - 1));
    return filter;
  }
  if (random.Chance(.4)) {
    const double low = static_cast<double>(random.Below(10));
    const Property property = NumberProperty();
    const double scale = property.kind == Property::Kind::kPrice         ? 3e6
                         : property.kind == Property::Kind::kAvailableAt ? 100
                                                                         : 1;
    return Filter::Range(property, low * scale, (low + static_cast<double>(random.Below(8))) * scale);
  }
  Filter filter = Filter::AnyOf(TextProperty(), {});
  if (random.Chance(.1)) {
    filter.kind = Filter::Kind::kHas;
    return filter;
  }
  if (random.Chance(.1)) filter.property = {Property::Kind::kGroup, ""};
  for (size_t i = random.Below(3) + 1; i > 0; --i) {
    const std::string n = std::to_string(random.Below(5));
    filter.values.push_back(filter.property.kind == Property::Kind::kBrand      ? "Brand " + n
                            : filter.property.kind == Property::Kind::kCategory ? "c" + n
                            : filter.property.kind == Property::Kind::kGroup    ? "g" + n
                            : filter.property.name == "colour"                  ? "w" + n
                                                                                : n);
  }
  return filter;
}

}  // namespace kontor::search
