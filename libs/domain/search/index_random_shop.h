#pragma once

#include <string>
#include <vector>

#include "libs/base/random.h"
#include "libs/domain/search/filter.h"
#include "libs/domain/search/index.h"

namespace kontor::search {

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
