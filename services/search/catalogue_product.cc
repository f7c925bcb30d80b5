#include "services/search/catalogue_product.h"

#include "absl/strings/numbers.h"
#include "absl/time/time.h"

namespace kontor::search {

Product ProductOf(const catalogue::ProductSnapshot& snapshot) {
  Product product;
  product.id = snapshot.product;
  product.group_id = snapshot.variant_group;
  product.title = snapshot.title;
  product.brand = snapshot.brand;
  product.description = snapshot.description;
  product.category_path = snapshot.category_path;
  product.codes = snapshot.codes;
  if (snapshot.available_at.has_value()) product.available_at_us = absl::ToUnixMicros(*snapshot.available_at);
  for (const catalogue::ProductAttribute& attribute : snapshot.attributes) {
    Attribute& added = product.attributes.emplace_back();
    added.name = attribute.name;
    added.text = attribute.value;
    added.numeric = attribute.number && absl::SimpleAtod(attribute.value, &added.number);
  }
  return product;
}

}  // namespace kontor::search
