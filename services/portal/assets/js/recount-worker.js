// Counts a file and answers with the result, or with what is wrong with the file. Whatever else goes wrong is an error of the
// worker: it says nothing of the ballots.
onmessage = async ({ data: { module, program, bytes } }) => {
  try {
    const { default: init, recount } = await import(module);
    await init({ module_or_path: program });
    const start = performance.now();
    const answer = {};
    try {
      answer.result = JSON.parse(recount(new Uint8Array(bytes)));
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) throw error;
      answer.error = error.message;
    }
    answer.seconds = (performance.now() - start) / 1000;
    postMessage(answer);
  } catch (error) {
    // Only what is thrown outside a promise is the page's to see.
    setTimeout(() => {
      throw error;
    });
  }
};
