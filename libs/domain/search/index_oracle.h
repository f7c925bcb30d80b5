#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

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

}  // namespace kontor::search
