export const getPrice = async (): Promise<number> => 1;
