#pragma once

#include <cstdint>

#include "libs/domain/recommendations/baskets.h"
#include "libs/domain/recommendations/item_features.h"
#include "libs/domain/recommendations/item_table.h"

namespace kontor::recommendations {

struct EaseOptions {
  enum class Form : uint8_t { kExact = 0, kSparse = 1 };
  double ridge = 100;         // lambda, in customers
  double feature_weight = 1;  // a: of a feature that is as rare as one row of a customer; 0 leaves features out
  uint32_t exact_items =
      20'000;               // with more items the form is sparse: the exact one needs 4 n^2 bytes and n^3 operations
  uint32_t max_user = 500;  // of a customer the newest distinct items
  int max_row = 400;        // candidates kept per item, the heaviest
  int neighbours = 64;      // sparse: items that a candidate is regressed on
  int gram_row = 300;       // sparse: products of the Gram matrix kept per item
  uint32_t max_feature = 5'000;  // sparse: features of more items are left out
  int threads = 1;
};

EaseOptions::Form FormOf(const EaseOptions& options, uint32_t items);

// EASE (Steck 2019, "Embarrassingly shallow autoencoders for sparse data"), the item-item matrix B without diagonal
// that reproduces customers' items best under a ridge, with what the catalogue says of items stacked below the
// customers (Jeunen et al. 2020, "Closed-form models for collaborative filtering with side-information"):
//   minimise |X - X B|^2 + a^2 |F' - F' B|^2 + ridge |B|^2  with diag(B) = 0,
// X customers × items, 0 or 1; F items × features, weighed by rarity. Then with P = (X'X + a^2 F F' + ridge I)^-1
//   B(i, j) = -P(i, j) / P(j, j).
// Exact: that inverse, in float by LAPACK (n^3 multiply-adds, 4 n^2 bytes; 12,000 items take about 15 CPU s). Sparse:
// the same regression for each j over its `neighbours` most similar items alone (cosine in the Gram matrix), as fsSLIM
// selects features (Ning and Karypis 2011); a j whose system is not
// positive definite, because of products that were not kept, is reached from nowhere. What is kept are positive
// entries. Row i of the result: what item i adds. The result does not depend on the threads but for the order of sums
// inside LAPACK.
ItemTable TrainEase(const Baskets& baskets, const ItemFeatures& features, const EaseOptions& options);

}  // namespace kontor::recommendations
