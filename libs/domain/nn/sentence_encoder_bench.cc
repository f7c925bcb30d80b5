#include <benchmark/benchmark.h>

#include <fstream>
#include <memory>
#include <sstream>

#include "libs/domain/nn/sentence_encoder.h"

namespace kontor::nn {
namespace {

std::string FileBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream out;
  out << file.rdbuf();
  return out.str();
}

// Texts of as many tokens as asked for, in batches.
void BM_Encode(benchmark::State& state) {
  const std::string folder = "var/models/all-minilm-l6-v2/";
  static const auto& encoder =
      *new auto(SentenceEncoder::Create(FileBytes(folder + "model.safetensors"), FileBytes(folder + "vocab.txt")));
  if (!encoder.ok()) return state.SkipWithError("the model is not there; ./kontor setup fetches it");
  std::string text = "wood";
  for (int64_t i = 3; i < state.range(0); ++i) text += " wood";
  const std::vector<absl::string_view> texts(static_cast<size_t>(state.range(1)), text);
  std::vector<float> out(texts.size() * SentenceEncoder::kDimensions);
  for (auto _ : state) {
    if (!(*encoder)->Encode(texts, absl::MakeSpan(out)).ok()) return state.SkipWithError("not encoded");
  }
  state.SetItemsProcessed(state.iterations() * state.range(1));
}
BENCHMARK(BM_Encode)->Args({8, 1})->Args({24, 1})->Args({8, 64})->Args({24, 64})->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace kontor::nn

BENCHMARK_MAIN();
