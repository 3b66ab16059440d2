const exported = { getPrice: async () => 1 };
module.exports = exported;
